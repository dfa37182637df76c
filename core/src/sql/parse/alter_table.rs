//! ALTER TABLE: the actions that `sqlparser` has no tree for, or of which it would drop a word.

use super::statement::{Ast, Statements};
use crate::types::Result;
use alloc::{boxed::Box, vec::Vec};
use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, MySQLColumnPosition, RenameTableNameKind,
    Statement,
};
use sqlparser::tokenizer::Token;

/// First words of the options of a table, as ALTER TABLE has them without parentheses.
const TABLE_OPTIONS: [&str; 12] = [
    "ENGINE",
    "COMMENT",
    "AUTO_INCREMENT",
    "DEFAULT",
    "CHARSET",
    "CHARACTER",
    "COLLATE",
    "ROW_FORMAT",
    "KEY_BLOCK_SIZE",
    "STATS_PERSISTENT",
    "MAX_ROWS",
    "AVG_ROW_LENGTH",
];

impl Statements<'_, '_> {
    pub(super) fn alter_table(&mut self) -> Result<Ast> {
        self.skip(2);
        let if_exists = self.take(&["IF", "EXISTS"]);
        // There are no tables that inherit from it.
        let only = self.take(&["ONLY"]);
        let name = self.run(|p| p.parse_object_name(false))?;
        if self.take(&["DISABLE", "KEYS"]) || self.take(&["ENABLE", "KEYS"]) {
            return Ok(Ast::TableKeys(name));
        }
        let mut operations = Vec::new();
        let mut conditions = Vec::new();
        loop {
            let place = self.parser.peek_token_ref().span.start;
            let asked = self
                .conditions
                .iter()
                .find(|(at, _)| *at == place)
                .map(|(_, e)| e.clone());
            match self.add_columns()? {
                Some(several) => operations.extend(several),
                // How MySQL is to go about it: every change is made at once here.
                None if self.rebuilds() => {}
                None => operations.push(self.alter_operation()?),
            }
            conditions.resize(operations.len(), asked);
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        let statement = Statement::AlterTable(AlterTable {
            name,
            if_exists,
            only,
            operations,
            location: None,
            on_cluster: None,
            table_type: None,
            end_token: self.parser.get_current_token().clone().into(),
        });
        Ok(Ast::AlterTable(Box::new(statement), conditions))
    }

    /// `ADD [COLUMN] (a INT, b INT, …)`, if that is what stands here.
    fn add_columns(&mut self) -> Result<Option<Vec<AlterTableOperation>>> {
        let keyword = 1 + usize::from(self.is(1, "COLUMN"));
        let condition = ["IF", "NOT", "EXISTS"]
            .iter()
            .enumerate()
            .all(|(i, w)| self.is(keyword + i, w));
        let words = keyword + if condition { 3 } else { 0 };
        if !self.is(0, "ADD") || self.parser.peek_nth_token_ref(words).token != Token::LParen {
            return Ok(None);
        }
        self.skip(words);
        let (columns, constraints) = self.run(|p| p.parse_columns())?;
        let columns = columns
            .into_iter()
            .map(|column_def| AlterTableOperation::AddColumn {
                column_keyword: true,
                if_not_exists: condition,
                column_def,
                column_position: None,
            });
        let constraints = constraints
            .into_iter()
            .map(|constraint| AlterTableOperation::AddConstraint {
                constraint,
                not_valid: false,
            });
        Ok(Some(columns.chain(constraints).collect()))
    }

    /// Takes `FORCE`, `ALGORITHM = …`, `LOCK = …` and `WITHOUT | WITH VALIDATION`.
    fn rebuilds(&mut self) -> bool {
        if self.is(0, "ALGORITHM") || self.is(0, "LOCK") {
            let assigned = usize::from(self.parser.peek_nth_token_ref(1).token == Token::Eq);
            self.skip(2 + assigned);
            return true;
        }
        self.take(&["FORCE"])
    }

    fn drop_if_exists(&mut self) -> Result<AlterTableOperation> {
        Ok(AlterTableOperation::DropConstraint {
            if_exists: true,
            name: self.run(|p| p.parse_identifier())?,
            drop_behavior: None,
        })
    }

    /// Whether RENAME is about a column, an index or a constraint, or says TO or AS.
    fn is_rename_of_part(&self) -> bool {
        let words = ["TO", "AS", "COLUMN", "INDEX", "KEY", "CONSTRAINT", "PARTITION"];
        words.iter().any(|w| self.is(1, w))
            // SQLite's and PostgreSQL's RENAME column TO name.
            || self.is(2, "TO")
    }

    fn alter_operation(&mut self) -> Result<AlterTableOperation> {
        if TABLE_OPTIONS.iter().any(|o| self.is(0, o)) {
            let options = self.run(|p| p.parse_plain_options())?;
            // It takes the comma before another action too.
            if self.parser.get_current_token().token == Token::Comma {
                self.parser.prev_token();
            }
            return Ok(AlterTableOperation::SetOptionsParens { options });
        }
        if self.take(&["DROP", "INDEX", "IF", "EXISTS"]) || self.take(&["DROP", "KEY", "IF", "EXISTS"]) {
            return self.drop_if_exists();
        }
        if self.take(&["DROP", "FOREIGN", "KEY", "IF", "EXISTS"])
            || self.take(&["DROP", "CHECK", "IF", "EXISTS"])
        {
            return self.drop_if_exists();
        }
        if self.take(&["DROP", "KEY"]) {
            let name = self.run(|p| p.parse_identifier())?;
            return Ok(AlterTableOperation::DropIndex { name });
        }
        if self.is(0, "RENAME") && !self.is_rename_of_part() {
            self.skip(1);
            let table_name = RenameTableNameKind::To(self.run(|p| p.parse_object_name(false))?);
            return Ok(AlterTableOperation::RenameTable { table_name });
        }
        if self.take(&["CONVERT", "TO"]) {
            let options = self.run(|p| p.parse_plain_options())?;
            return Ok(AlterTableOperation::SetOptionsParens { options });
        }
        if self.take(&["DROP", "CHECK"]) {
            let name = self.run(|p| p.parse_identifier())?;
            return Ok(AlterTableOperation::DropConstraint {
                if_exists: false,
                name,
                drop_behavior: None,
            });
        }
        let named = ["INDEX", "KEY", "CONSTRAINT"].iter().any(|w| self.is(1, w));
        if self.is(0, "RENAME") && named && !self.is(2, "TO") {
            self.skip(2);
            let old_name = self.run(|p| p.parse_identifier())?;
            if !self.take(&["TO"]) {
                return self.expected("TO");
            }
            let new_name = self.run(|p| p.parse_identifier())?;
            return Ok(AlterTableOperation::RenameConstraint { old_name, new_name });
        }
        if self.take(&["ADD", "COLUMN", "IF", "NOT", "EXISTS"]) || self.take(&["ADD", "IF", "NOT", "EXISTS"])
        {
            self.take(&["COLUMN"]);
            let column_def = self.run(|p| p.parse_column_def())?;
            let column_position = if self.take(&["FIRST"]) {
                Some(MySQLColumnPosition::First)
            } else if self.take(&["AFTER"]) {
                Some(MySQLColumnPosition::After(self.run(|p| p.parse_identifier())?))
            } else {
                None
            };
            return Ok(AlterTableOperation::AddColumn {
                column_keyword: true,
                if_not_exists: true,
                column_def,
                column_position,
            });
        }
        let mut operation = self.run(|p| p.parse_alter_table_operation())?;
        if let AlterTableOperation::AlterColumn {
            op: AlterColumnOperation::SetDataType { using, .. },
            ..
        } = &mut operation
            && self.take(&["USING"])
        {
            *using = Some(self.run(|p| p.parse_expr())?);
        }
        Ok(operation)
    }
}
