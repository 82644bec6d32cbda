//! Frames made by hand, with a checksum that is right whatever the content; apart from the codec under test.

use super::START_S;

/// An unsigned number as LEB128.
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A text with its length.
pub(crate) fn text(text: &str) -> Vec<u8> {
    [varint(text.len() as u64), text.as_bytes().to_vec()].concat()
}

/// `content` with its checksum.
pub(crate) fn sealed(content: &[u8]) -> Vec<u8> {
    [content, &crc32fast::hash(content).to_le_bytes()].concat()
}

/// What a frame made by hand consists of.
#[derive(Debug, Clone)]
pub(crate) struct Forged {
    pub(crate) format: u8,
    pub(crate) flags: u8,
    pub(crate) sequence: Vec<u8>,
    pub(crate) run_id: String,
    /// Tags and bodies, in their order.
    pub(crate) sections: Vec<(u64, Vec<u8>)>,
}

impl Default for Forged {
    /// A frame that is read: one window, in which `GET /a` was requested once and took 1 ms.
    fn default() -> Self {
        Self {
            format: 1,
            flags: 0,
            sequence: vec![7],
            run_id: "r1".into(),
            sections: vec![(1, status()), (2, keys(&[(0, "/a", 0)])), (3, windows(&[series()]))],
        }
    }
}

impl Forged {
    /// The frame with the body of one section replaced.
    pub(crate) fn with(mut self, tag: u64, body: Vec<u8>) -> Self {
        self.sections.iter_mut().filter(|(other, _)| *other == tag).for_each(|(_, old)| old.clone_from(&body));
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut content = [b"LTWF".as_slice(), &[self.format, self.flags], &[0xAB; 8], &self.sequence].concat();
        content.extend(text(&self.run_id));
        for (tag, body) in &self.sections {
            content.extend([varint(*tag), varint(body.len() as u64), body.clone()].concat());
        }
        sealed(&content)
    }
}

fn second(start_s: i64) -> Vec<u8> {
    varint((start_s as u64) << 1)
}

fn status() -> Vec<u8> {
    [second(START_S + 1), vec![0]].concat()
}

/// Keys as shared bytes, suffix and kind; there is one kind, `GET` with 200.
pub(crate) fn keys(rows: &[(u64, &str, u64)]) -> Vec<u8> {
    let mut table = [varint(1), text("GET"), varint(200), vec![0], varint(rows.len() as u64)].concat();
    for (shared, suffix, kind) in rows {
        table.extend([varint(*shared), text(suffix), varint(*kind)].concat());
    }
    table
}

/// One run of one key, and of it one request with 100 bytes that took 1 ms, which is the last time of bucket -1.
pub(crate) fn series() -> Vec<u8> {
    let place_in_bucket = 1_000_000 - 989_228_u32 - 1;
    [vec![1, 0, 1], vec![1 << 2, 100, 1], place_in_bucket.to_le_bytes()[..2].to_vec()].concat()
}

/// A window with nothing but `series` (its runs and what they gained).
pub(crate) fn window(start_s: i64, series: &[u8]) -> Vec<u8> {
    [second(start_s), vec![0; 6], series.to_vec()].concat()
}

/// The section of windows that start at [`START_S`].
pub(crate) fn windows(each: &[Vec<u8>]) -> Vec<u8> {
    let windows = each.iter().zip([START_S].into_iter().chain(std::iter::repeat(1)));
    [varint(each.len() as u64), windows.flat_map(|(series, step_s)| window(step_s, series)).collect()].concat()
}

/// A table of `names` whose requests failed, all `GET` without a response and with the error type `E`.
pub(crate) fn failing_keys(names: &[&str]) -> Vec<u8> {
    let kinds = [varint(1), text("GET"), vec![0, 1], text("E")].concat();
    let rows = names.iter().flat_map(|name| [vec![0], text(name), vec![0]].concat());
    [kinds, varint(names.len() as u64), rows.collect()].concat()
}

/// The section of `messages`; `windows` are the rows of each window, of series, message and count.
pub(crate) fn messages(messages: &[&str], windows: &[&[[u64; 3]]]) -> Vec<u8> {
    let mut body = varint(messages.len() as u64);
    messages.iter().for_each(|message| body.extend(text(message)));
    for rows in windows {
        body.extend(varint(rows.len() as u64));
        rows.iter().flatten().for_each(|number| body.extend(varint(*number)));
    }
    body
}
