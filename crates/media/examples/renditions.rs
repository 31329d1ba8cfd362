//! Makes the renditions of photos, one after the other on one core, and prints how long each took.
//!
//! `renditions [--out DIR] [--repeat N] FILE…`; to be compared with `VIPS_CONCURRENCY=1 vipsthumbnail` making the same
//! two sizes.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what an example is for")]

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::time::Instant;

use ourphoto_media::{Limits, SNIFF_LEN, Worker, sniff_named};

fn main() {
    let mut files = Vec::new();
    let mut out: Option<PathBuf> = None;
    let mut repeat = 1;
    let mut args = std::env::args_os().skip(1);
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--worker") => ourphoto_media::worker::run(&args.collect::<Vec<_>>()),
            Some("--out") => out = args.next().map(PathBuf::from),
            Some("--repeat") => repeat = args.next().and_then(|n| n.to_str()?.parse().ok()).unwrap_or(1),
            _ => files.push(PathBuf::from(arg)),
        }
    }
    let program = std::env::current_exe().expect("this program has a path");
    let worker = Worker::new(program, vec!["--worker".into()], Limits::default());
    println!("{:?}", worker.sandbox());
    let begin = Instant::now();
    for path in files.iter().flat_map(|path| std::iter::repeat_n(path, repeat)) {
        let start = Instant::now();
        let mut file = File::open(path).expect("the photo can be opened");
        let size = file.metadata().expect("the photo has a size").len();
        let mut head = Vec::new();
        file.by_ref().take(SNIFF_LEN as u64).read_to_end(&mut head).expect("the photo can be read");
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let format = sniff_named(&head, name.as_bytes());
        match worker.process(&mut file, size, format, None) {
            Ok(found) => {
                let shown = found.renditions.as_ref().map(|r| (r.preview.width, r.preview.height));
                println!(
                    "{:7.1} ms  {format:?} {shown:?} {} {}",
                    start.elapsed().as_secs_f64() * 1e3,
                    path.display(),
                    found.note.unwrap_or_default()
                );
                if let (Some(out), Some(renditions)) = (&out, found.renditions) {
                    std::fs::write(out.join(format!("{name}.preview.jpg")), renditions.preview.jpeg)
                        .expect("written");
                    std::fs::write(out.join(format!("{name}.thumb.jpg")), renditions.thumbnail.jpeg)
                        .expect("written");
                }
            }
            Err(error) => eprintln!("{}: {error}", path.display()),
        }
    }
    println!("{:.1} ms each", begin.elapsed().as_secs_f64() * 1e3 / (files.len() * repeat).max(1) as f64);
}
