// Sums squares in pieces, in threads if its argument says so, and prints the pieces in order.
use std::collections::BTreeMap;
use std::sync::{mpsc, Arc, Mutex};
use std::thread;

fn piece(i: u64) -> u64 {
    (i * 1000..(i + 1) * 1000).map(|x| x * x).sum()
}

fn main() {
    let sum = Arc::new(Mutex::new(0u64));
    let mut pieces = BTreeMap::new();
    if std::env::args().nth(1).as_deref() == Some("threads") {
        let (sender, receiver) = mpsc::channel();
        let threads: Vec<_> = (0..8)
            .map(|i| {
                let (sender, sum) = (sender.clone(), sum.clone());
                thread::spawn(move || {
                    let part = piece(i);
                    *sum.lock().unwrap() += part;
                    sender.send((i, part)).unwrap();
                })
            })
            .collect();
        drop(sender);
        for thread in threads {
            thread.join().unwrap();
        }
        pieces.extend(receiver);
    } else {
        for i in 0..8 {
            pieces.insert(i, piece(i));
            *sum.lock().unwrap() += pieces[&i];
        }
    }
    println!("{:?}\n{}", pieces, sum.lock().unwrap());
}
