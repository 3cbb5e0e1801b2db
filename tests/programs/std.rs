// What Rust's standard library does with WASI 0.2: arguments, variables, files, directories, clocks,
// sockets of both kinds, names; and what there is not. Prints a line for each, the same everywhere
// but for threads.
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant, SystemTime};

fn files() -> io::Result<()> {
    fs::create_dir_all("made/inner")?;
    fs::write("made/a", "hello ")?;
    let mut f = fs::OpenOptions::new().append(true).open("made/a")?;
    f.write_all(b"world")?;
    println!("text: {}", fs::read_to_string("made/a")?);
    let mut f = fs::OpenOptions::new().read(true).write(true).open("made/a")?;
    f.seek(SeekFrom::Start(6))?;
    f.write_all(b"W")?;
    let mut rest = String::new();
    f.seek(SeekFrom::Current(-3))?;
    f.read_to_string(&mut rest)?;
    println!("rest: {rest:?}, size {}", f.metadata()?.len());
    f.set_len(5)?;
    fs::rename("made/a", "made/inner/b")?;
    fs::hard_link("made/inner/b", "made/c")?;
    let names: BTreeSet<_> = fs::read_dir("made")?.map(|e| e.unwrap().file_name()).collect();
    println!("names: {names:?}");
    println!("escape: {:?}", fs::read("../outside").is_err());
    println!("missing: {:?}", fs::read("made/none").unwrap_err().kind());
    println!("directory: {:?}", fs::remove_file("made/inner").is_err());
    fs::remove_file("made/c")?;
    fs::remove_file("made/inner/b")?;
    fs::remove_dir("made/inner")?;
    fs::remove_dir("made")
}

fn big_file() -> io::Result<()> {
    let bytes: Vec<u8> = (0..3_000_000u32).map(|i| (i * 7 >> 3) as u8).collect();
    fs::write("big", &bytes)?;
    println!("big: {}", fs::read("big")? == bytes);
    fs::remove_file("big")
}

fn tcp() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, peer) = listener.accept()?;
    println!("peer: {}", peer == client.local_addr()?);
    client.write_all(b"ping")?;
    let mut buffer = [0; 4];
    server.read_exact(&mut buffer)?;
    server.write_all(&buffer)?;
    drop(server);
    let mut all = Vec::new();
    client.read_to_end(&mut all)?;
    println!("echo: {:?}", String::from_utf8_lossy(&all));
    client.set_read_timeout(Some(Duration::from_millis(20)))?;
    Ok(())
}

fn udp() -> io::Result<()> {
    let a = UdpSocket::bind("127.0.0.1:0")?;
    let b = UdpSocket::bind("127.0.0.1:0")?;
    a.send_to(b"datagram", b.local_addr()?)?;
    let mut buffer = [0; 32];
    let (size, from) = b.recv_from(&mut buffer)?;
    println!("udp: {:?} {}", String::from_utf8_lossy(&buffer[..size]), from == a.local_addr()?);
    b.connect(a.local_addr()?)?;
    b.send(b"back")?;
    println!("udp: {}", a.recv(&mut buffer)?);
    Ok(())
}

fn main() -> io::Result<()> {
    println!("arguments: {:?}", std::env::args().skip(1).collect::<Vec<_>>());
    println!("NAME: {:?}", std::env::var("NAME"));
    files()?;
    big_file()?;
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    println!("slept: {}", start.elapsed() >= Duration::from_millis(20));
    println!("now: {}", SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).is_ok());
    tcp()?;
    udp()?;
    println!("refused: {:?}", TcpStream::connect("203.0.113.1:9").unwrap_err().kind());
    println!("name: {}", ("localhost", 80).to_socket_addrs()?.any(|a| a.ip().is_loopback()));
    println!("thread: {}", std::thread::Builder::new().spawn(|| ()).is_ok());
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    eprintln!("stdin: {}", text.len());
    Ok(())
}
