//! Paragraphs for the terminal.

/// Columns of a paragraph.
const COLUMNS: usize = 100;

/// The text in lines of whole words that begin with `indent`; a line break in the text stays one.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    text.lines().map(|paragraph| wrapped_paragraph(paragraph, indent)).collect()
}

fn wrapped_paragraph(paragraph: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if last.is_empty() {
            last.push_str(word);
        } else if indent.len() + last.chars().count() + 1 + word.chars().count() > COLUMNS {
            lines.push(word.to_owned());
        } else {
            last.push(' ');
            last.push_str(word);
        }
    }
    lines.iter().map(|line| format!("{indent}{line}\n")).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_indented_and_break_between_words() {
        let text = "a ".repeat(60) + "\n- item";
        let wrapped = wrapped(&text, "  ");
        let lines: Vec<&str> = wrapped.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.starts_with("  ") && line.len() <= COLUMNS));
        assert_eq!(lines[2], "  - item");
    }
}
