// A client of wasi:http: METHOD AUTHORITY PATH. Prints what came of it, a line each.
use wasi::http::outgoing_handler::handle;
use wasi::http::types::*;
use wasi::io::streams::StreamError;

fn request(method: &str, authority: &str, path: &str) -> OutgoingRequest {
    let fields = Fields::new();
    fields.append(&"x-test".to_string(), &b"value".to_vec()).unwrap();
    assert!(fields.append(&"host".to_string(), &b"x".to_vec()).is_err());
    assert!(fields.append(&"a b".to_string(), &b"x".to_vec()).is_err());
    assert!(fields.append(&"a".to_string(), &b"x\r\ny: z".to_vec()).is_err());
    let request = OutgoingRequest::new(fields);
    request.set_method(if method == "GET" { &Method::Get } else { &Method::Post }).unwrap();
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request.set_path_with_query(Some(path)).unwrap();
    assert!(request.set_path_with_query(Some("/a b")).is_err());
    assert!(request.headers().append(&"y".to_string(), &b"z".to_vec()).is_err());
    request
}

// More than a socket holds.
fn post(body: OutgoingBody) {
    let stream = body.write().unwrap();
    for i in 0..300 {
        stream.blocking_write_and_flush(format!("{i:0>1000}\n").as_bytes()).unwrap();
    }
    drop(stream);
    OutgoingBody::finish(body, None).unwrap();
}

fn read(response: IncomingResponse) {
    let body = response.consume().unwrap();
    assert!(response.consume().is_err());
    let stream = body.stream().unwrap();
    let mut bytes = Vec::new();
    let end = loop {
        match stream.blocking_read(65536) {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(end) => break end,
        }
    };
    let whole = matches!(end, StreamError::Closed);
    println!("{} bytes, whole: {whole}", bytes.len());
    println!("{}", String::from_utf8_lossy(&bytes[..bytes.len().min(24)]).trim_end());
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let request = request(&args[1], &args[2], &args[3]);
    let body = if args[1] == "POST" { Some(request.body().unwrap()) } else { None };
    let future = match handle(request, None) {
        Ok(future) => future,
        Err(code) => return println!("refused: {code:?}"),
    };
    body.map(post);
    future.subscribe().block();
    match future.get().unwrap().unwrap() {
        Ok(response) => {
            println!("status {}", response.status());
            read(response)
        }
        Err(code) => println!("failed: {code:?}"),
    }
    assert!(future.get().unwrap().is_err());
}
