//! The module documentation of a family, cut into what lists and reports print: it is written once.

use optgap_problem::About;

/// Headings of the sections behind the title. The last one is the beginning of its own first sentence.
const HEADINGS: [&str; 5] = ["**Definition.**", "**Source.**", "**Reference.**", "**Proof.**", "**Descent**"];

/// What the source text of a family's file says in its module documentation: a title, and sections that begin with their
/// headings. A section that is missing is empty, which the rules for families let pass for the proof alone.
pub(crate) fn about(source: &str) -> About {
    let mut sections: [String; 1 + HEADINGS.len()] = Default::default();
    let mut current = 0;
    let mut new_line = false;
    for line in source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim) {
        if let Some(heading) = HEADINGS.iter().position(|heading| line.starts_with(heading)) {
            current = heading + 1;
        }
        let text = HEADINGS[..4].iter().fold(line, |text, heading| text.strip_prefix(heading).unwrap_or(text)).trim();
        let section = &mut sections[current];
        let own_line = text.starts_with("- ") || text.starts_with('|');
        if text.starts_with("|---") {
            continue;
        }
        if !section.is_empty() && !text.is_empty() {
            section.push(if new_line || own_line { '\n' } else { ' ' });
        }
        section.push_str(&text.replace("**", "").replace('`', ""));
        new_line = line.is_empty();
    }
    let [title, definition, source, reference, proof, descent] = sections;
    About { title, definition, source, reference, proof, descent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_plain_text_with_a_line_for_each_paragraph_and_item() {
        let source = "//! A title.\n//!\n//! **Definition.** Two `words`\n//! and 2 * 3:\n//! - one,\n//!   still one\n//! - two.\n//! | a | b |\n//! |---|---|\n//!\n\
                      //! Then more.\n//!\n//! **Source.** Folklore.\n//!\n//! **Reference.** None.\n//!\n//! **Proof.** None.\n//!\n//! **Descent** fails.\n\
                      \n//! not here\n";
        let expected = About {
            title: "A title.".into(),
            definition: "Two words and 2 * 3:\n- one, still one\n- two.\n| a | b |\nThen more.".into(),
            source: "Folklore.".into(),
            reference: "None.".into(),
            proof: "None.".into(),
            descent: "Descent fails.".into(),
        };
        assert_eq!(about(source), expected);
    }
}
