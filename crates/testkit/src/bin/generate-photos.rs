//! Fills a folder with generated photos, for benches and the demo.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its terminal")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ourphoto_testkit::bulk::Bulk;
use ourphoto_testkit::photos::{ExifOptions, jpeg};
use ourphoto_testkit::{Rng, SampleTree, Shape};

const USAGE: &str = "\
usage: generate-photos --dir DIR --files N --size BYTES [--seed S]     N photo-like files of BYTES each (k, M, G)
       generate-photos --dir DIR --files N --picture WxH [--seed S]    N decodable JPEGs of W x H pixels
       generate-photos --dir DIR --sample [--files SHOTS] [--hard] [--seed S]
                                                                        a person's folder; --hard: difficult names";

#[derive(Default)]
struct Args {
    dir: Option<PathBuf>,
    files: Option<u64>,
    size: Option<u64>,
    picture: Option<(u16, u16)>,
    seed: u64,
    sample: bool,
    hard: bool,
}

fn main() -> ExitCode {
    let Some((dir, args)) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&dir, &args) {
        Ok(said) => {
            println!("{said} in {}", dir.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot write to {}: {error}", dir.display());
            ExitCode::FAILURE
        }
    }
}

fn run(dir: &Path, args: &Args) -> io::Result<String> {
    fs::create_dir_all(dir)?;
    let files = args.files.unwrap_or(1);
    if args.sample {
        let mut shape = if args.hard { Shape::hard() } else { Shape::demo() };
        if let Some(shots) = args.files {
            shape.shots = usize::try_from(shots).unwrap_or(usize::MAX);
        }
        let manifest = SampleTree::write(dir, args.seed, &shape)?;
        let total: u64 = manifest.iter().map(|e| e.len).sum();
        return Ok(format!("{} sample files, {total} bytes", manifest.len()));
    }
    if let Some((width, height)) = args.picture {
        for index in 0..files {
            let seed = Rng::for_item(args.seed, index).u64();
            let photo = jpeg(seed, width, height, &ExifOptions::camera(seed));
            fs::write(dir.join(format!("IMG_{index:06}.JPG")), photo)?;
        }
        return Ok(format!("{files} pictures of {width} x {height}"));
    }
    let size = args.size.unwrap_or(0);
    Bulk::new(args.seed, size).write(dir, files)?;
    Ok(format!("{files} files of {size} bytes"))
}

fn parse(mut args: impl Iterator<Item = String>) -> Option<(PathBuf, Args)> {
    let mut found = Args::default();
    while let Some(flag) = args.next() {
        match flag.as_str() {
            "--dir" => found.dir = Some(PathBuf::from(args.next()?)),
            "--files" => found.files = Some(args.next()?.parse().ok()?),
            "--size" => found.size = Some(size(&args.next()?)?),
            "--seed" => found.seed = args.next()?.parse().ok()?,
            "--picture" => {
                let sides = args.next()?;
                let (width, height) = sides.split_once('x')?;
                let sides: (u16, u16) = (width.parse().ok()?, height.parse().ok()?);
                found.picture = Some(sides).filter(|&(w, h)| w > 0 && h > 0);
                found.picture?;
            }
            "--sample" => found.sample = true,
            "--hard" => found.hard = true,
            _ => return None,
        }
    }
    let complete =
        found.sample || (found.files.is_some() && (found.size.is_some() || found.picture.is_some()));
    let dir = found.dir.take().filter(|_| complete)?;
    Some((dir, found))
}

/// A number of bytes, with `k`, `M` or `G` for powers of 1000.
fn size(text: &str) -> Option<u64> {
    let (digits, factor) = match text.as_bytes().last()? {
        b'k' => (&text[..text.len() - 1], 1_000),
        b'M' => (&text[..text.len() - 1], 1_000_000),
        b'G' => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}
