//! Writes the seed corpus of every fuzz target, and the dictionary of SQL words.

use amphi_tests::fuzz::{Target, dictionary, seeds};

fn main() -> std::io::Result<()> {
    for target in Target::ALL {
        let folder = target.corpus();
        std::fs::create_dir_all(&folder)?;
        let seeds = seeds(target);
        for (name, bytes) in &seeds {
            std::fs::write(folder.join(name), bytes)?;
        }
        println!("{}: {} seeds", folder.display(), seeds.len());
    }
    std::fs::write(Target::Sql.corpus().join("../../sql.dict"), dictionary())
}
