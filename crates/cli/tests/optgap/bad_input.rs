//! Bad input: one clear line, exit code 2, nothing half-written.

use crate::workplace::{PLAN, TABLE, WEIGHTS, Workplace, XOR};

/// Arguments, and what the one line must say.
type Case = (&'static [&'static str], &'static [&'static str]);

/// Files that are all there for every case; nothing may change them.
fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("xor.json", XOR).write("table.csv", TABLE).write("plan.toml", PLAN);
    place.write("empty.csv", "").write("empty.json", "").write("header.csv", "a,b\n").write("column.csv", "a\n1\n");
    place.write("ragged.csv", "a,b\n1,2\n3\n").write("nan.csv", "a,b\n1,2\n3,NaN\n").write("text.csv", "a,b\n1,x\n");
    place.write("noise.json", [0x7b, 0xff, 0xfe, 0x00]).write("noise.csv", [0x00, 0xff]).write("noise.toml", [0xff, 0x00]);
    place.write("truncated.json", &XOR[..XOR.len() / 2]);
    place.write("gelu.json", XOR.replace("relu", "gelu"));
    place.write("zero.json", XOR.replace("\"width\": 2", "\"width\": 0"));
    place.write("huge.json", XOR.replace("\"width\": 2", "\"width\": 1000000"));
    place.write("newer.json", XOR.replace("instance/1", "instance/2"));
    place.write("infinite.json", XOR.replace("[0,0]", "[0,1e999]"));
    place.write("ragged.json", XOR.replace("[1,0]", "[1]"));
    place.write("labels.json", XOR.replace("[0,1,1,0]", "[0,1,1]"));
    place.write("large.json", XOR.replace("[0,1,1,0]", "[0,1e200,1,0]"));
    place.write("field.json", XOR.replace("\"loss\"", "\"lsos\""));
    let filter = XOR.replace("\"dense\", \"width\": 2", "\"shared-filter\", \"patches\": 2, \"patch_size\": 1, \"width\": 1");
    place.write("filter.json", &filter).write("patches.json", filter.replace("\"patches\": 2", "\"patches\": 3"));
    place.write("folder/keep", "");
    place.write("weights.json", WEIGHTS).write("noise-weights.json", [0xff, 0x00, 0x7b]);
    place.write("wide-weights.json", WEIGHTS.replace("[[1,1],[1,1]]", "[[1,1],[1,1],[1,1]]"));
    place.write("ragged-weights.json", WEIGHTS.replace("[[1,1],[1,1]]", "[[1,1],[1]]"));
    place.write("bias-weights.json", WEIGHTS.replace("\"output_bias\": 0", "\"output_bias\": 1"));
    place.write("nan-weights.json", WEIGHTS.replace("[1,-2]", "[1,NaN]"));
    place.write("infinite-weights.json", WEIGHTS.replace("[1,-2]", "[1,1e999]"));
    place.write("large-weights.json", WEIGHTS.replace("[1,-2]", "[1,1e300]"));
    place.write("field-weights.json", WEIGHTS.replace("output_bias", "outputbias"));
    place.write("bad-run/cells/local.jsonl", "not a record\n").write("new-run/cells/local.jsonl", "{\"schema\": \"cell/2\"}\n");
    let plans = [
        ("syntax", "restarts = 4", "restarts = = 4"),
        ("key", "restarts = 4", "restart = 4"),
        ("restarts", "restarts = 4", "restarts = 0"),
        ("limit", "10.0", "-10.0"),
        ("family", "\"xor\"", "\"xnor\""),
        ("method", "\"cones\"", "\"cubes\""),
        ("parameter", "n=8", "m=8"),
        ("range", "n=8", "n=2"),
        ("size", "\"tiny\"]", "\"giant\"]"),
        ("selector", "n=8", "n="),
        ("together", "n=8,dimension=1", "n=3,dimension=2,width=3"),
    ];
    for (name, part, replacement) in plans {
        assert!(PLAN.contains(part), "{part}");
        place.write(&format!("{name}.toml"), PLAN.replace(part, replacement));
    }
    place
}

const CASES: &[Case] = &[
    // Files of instances.
    (&["solve", "none.json"], &["none.json: cannot be read"]),
    (&["train", "none.csv"], &["none.csv: cannot be read"]),
    (&["solve", "folder"], &["folder: cannot be read"]),
    (&["solve", "empty.json"], &["empty.json: ", "EOF"]),
    (&["solve", "truncated.json"], &["truncated.json: ", "EOF"]),
    (&["solve", "noise.json"], &["noise.json: is not text"]),
    (&["solve", "gelu.json"], &["gelu.json: ", "unknown variant `gelu`"]),
    (&["solve", "zero.json"], &["zero.json: network.width is 0"]),
    (&["solve", "huge.json"], &["huge.json: network.width is 1000000"]),
    (&["solve", "patches.json"], &["patches.json: network.patches is 3 and network.patch_size 1, but x has 2 columns"]),
    (&["train", "filter.json", "--method", "adam[initial=linear-trap]"], &["the trap needs a dense network of relu units"]),
    (&["solve", "newer.json"], &["newer.json: format is \"optgap-instance/2\""]),
    (&["solve", "infinite.json"], &["infinite.json: x[0][1]: number out of range"]),
    (&["solve", "ragged.json"], &["ragged.json: x, row 3"]),
    (&["solve", "labels.json"], &["labels.json: 4 rows in x but 3 labels"]),
    (&["solve", "large.json"], &["large.json: y: the labels are so large"]),
    (&["train", "field.json"], &["field.json: lsos: unknown field `lsos`"]),
    (&["solve", "empty.csv"], &["empty.csv: no samples"]),
    (&["solve", "header.csv"], &["header.csv: no samples"]),
    (&["solve", "column.csv"], &["column.csv: has no input column"]),
    (&["solve", "ragged.csv"], &["ragged.csv: line 3: 1 columns"]),
    (&["train", "nan.csv"], &["nan.csv: line 3, column b: \"NaN\" is not a finite number"]),
    (&["solve", "text.csv"], &["text.csv: line 2, column b: \"x\""]),
    (&["solve", "noise.csv"], &["noise.csv: is not text"]),
    // Options of CSV files.
    (&["solve", "table.csv", "--width", "0"], &["table.csv: network.width is 0"]),
    (&["solve", "table.csv", "--width", "100000"], &["table.csv: network.width is 100000"]),
    (&["solve", "table.csv", "--width", "-1"], &["--width", "-1"]),
    (&["solve", "table.csv", "--target", "cost"], &["table.csv: no column \"cost\"; the columns are a, b, price"]),
    (&["solve", "table.csv", "--target", "4"], &["table.csv: no column \"4\""]),
    (&["solve", "table.csv", "--features", "a,c"], &["table.csv: no column \"c\""]),
    (&["train", "table.csv", "--features", "price"], &["table.csv: column \"price\" is chosen twice"]),
    (&["solve", "xor.json", "--width", "3"], &["xor.json: --width is for CSV files"]),
    // Options of methods.
    (&["solve", "xor.json", "--time-limit", "-1"], &["--time-limit", "from 1e-3"]),
    (&["solve", "xor.json", "--time-limit", "soon"], &["--time-limit", "not a number of seconds"]),
    (&["solve", "xor.json", "--time-limit", "NaN"], &["--time-limit", "from 1e-3"]),
    (&["solve", "xor.json", "--gap", "0"], &["--gap", "from 1e-13"]),
    (&["solve", "xor.json", "--method", "adam"], &["adam: is a trainer; use `optgap train`"]),
    (&["solve", "xor.json", "--method", "cubes"], &["unknown method \"cubes\"; known: cones"]),
    (&["solve", "xor.json", "--save-weights", "none/w.json"], &["--save-weights", "none/w.json: cannot be written"]),
    (&["train", "xor.json", "--save-weights", "folder"], &["--save-weights", "folder: cannot be written"]),
    (&["solve", "xor.json", "--certificate", "none/p"], &["--certificate", "none/p: cannot be written"]),
    (&["solve", "xor.json", "--certificate", "folder"], &["--certificate", "folder: cannot be written"]),
    (&["solve", "xor.json", "--certificate"], &["--certificate <OUT>"]),
    (&["solve", "patches.json", "--certificate", "p"], &["patches.json: network.patches"]),
    (&["solve", "xor.json", "--certificate", "p", "--method", "cubes"], &["unknown method \"cubes\""]),
    (&["solve", "xor.json", "--fast"], &["--fast"]),
    (&["solve"], &["<FILE>"]),
    (&["train", "xor.json", "--restarts", "0"], &["--restarts", "0 is not in 1..=1000000"]),
    (&["train", "xor.json", "--steps", "0"], &["parameter steps = 0: expected a whole number from 1"]),
    (&["train", "xor.json", "--method", "cones"], &["cones: is an exact method; use `optgap solve`"]),
    (&["train", "xor.json", "--method", "adam[rate=1]"], &["adam: unknown parameter \"rate\"; known: learning-rate"]),
    (&["train", "xor.json", "--method", "adam[learning-rate=-1]"], &["parameter learning-rate = -1: expected a number"]),
    (&["train", "xor.json", "--method", "adam[learning-rate=[0.1,0.2]]"], &["stands for 2 choices"]),
    (&["train", "xor.json", "--method", "adam[learning-rate"], &["selector \"adam[learning-rate\": the closing ] is missing"]),
    (&["solve", "xor.json", "--threads", "0"], &["cones: parameter threads = 0: expected a whole number from 1"]),
    (&["solve", "xor.json", "--threads", "-1"], &["--threads", "-1"]),
    (&["solve", "xor.json", "--threads", "2", "--method", "cubes"], &["unknown method \"cubes\""]),
    (&["solve", "xor.json", "--memory-limit", "0"], &["cones: parameter memory-limit = 0: expected a whole number from"]),
    (&["decide", "xor.json", "--eps", "1", "--method", "adam"], &["adam: is a trainer; use `optgap train`"]),
    // Weights.
    (&["solve", "xor.json", "--start", "none.json"], &["none.json: cannot be read"]),
    (&["solve", "xor.json", "--start", "folder"], &["folder: cannot be read"]),
    (&["solve", "xor.json", "--start", "wide-weights.json"], &["wide-weights.json: weights: hidden has length 3", "needs 2"]),
    (&["solve", "xor.json", "--start", "large-weights.json"], &["large-weights.json: the loss of these weights is too large"]),
    (&["score", "xor.json"], &["<WEIGHTS>"]),
    (&["score", "none.json", "weights.json"], &["none.json: cannot be read"]),
    (&["score", "xor.json", "none.json"], &["none.json: cannot be read"]),
    (&["score", "xor.json", "noise-weights.json"], &["noise-weights.json: is not text"]),
    (&["score", "xor.json", "xor.json"], &["xor.json: format: unknown field `format`"]),
    (&["score", "xor.json", "empty.json"], &["empty.json: ", "EOF"]),
    (&["score", "xor.json", "wide-weights.json"], &["wide-weights.json: weights: hidden has length 3", "needs 2"]),
    (&["score", "xor.json", "ragged-weights.json"], &["ragged-weights.json: weights: a row of hidden has length 1", "needs 2"]),
    (&["score", "xor.json", "bias-weights.json"], &["bias-weights.json: weights: output_bias must be 0"]),
    (&["score", "xor.json", "nan-weights.json"], &["nan-weights.json: output[1]: expected value"]),
    (&["score", "xor.json", "infinite-weights.json"], &["infinite-weights.json: output[1]: number out of range"]),
    (&["score", "xor.json", "large-weights.json"], &["large-weights.json: the loss of these weights is too large"]),
    (&["score", "xor.json", "field-weights.json"], &["field-weights.json: outputbias: unknown field"]),
    (&["score", "table.csv", "weights.json", "--width", "3"], &["weights.json: weights: hidden has length 2", "needs 3"]),
    (&["score", "xor.json", "weights.json", "--eps", "1"], &["--eps"]),
    // Decisions.
    (&["decide", "xor.json"], &["--eps <E>"]),
    (&["decide", "none.json", "--eps", "1"], &["none.json: cannot be read"]),
    (&["decide", "noise.json", "--eps", "1"], &["noise.json: is not text"]),
    (&["decide", "xor.json", "--eps", "abc"], &["--eps", "\"abc\" is not a number; give a decimal"]),
    (&["decide", "xor.json", "--eps", ""], &["--eps"]),
    (&["decide", "xor.json", "--eps", "1/0"], &["--eps", "the denominator is 0"]),
    (&["decide", "xor.json", "--eps", "-0.5"], &["--eps", "no loss is negative"]),
    (&["decide", "xor.json", "--eps", "-1/3"], &["--eps", "no loss is negative"]),
    (&["decide", "xor.json", "--eps", "NaN"], &["--eps", "is not a number"]),
    (&["decide", "xor.json", "--eps", "inf"], &["--eps", "is not a number"]),
    (&["decide", "xor.json", "--eps", "1e9999999999"], &["--eps", "is not a number"]),
    (&["decide", "xor.json", "--eps", "1e99999"], &["--eps", "the exponent 99999 is beyond 1000"]),
    (&["decide", "xor.json", "--eps", "0.1", "--save-weights", "none/w.json"], &["none/w.json: cannot be written"]),
    (&["decide", "xor.json", "--eps", "0.1", "--start", "ragged-weights.json"], &["ragged-weights.json: weights: a row"]),
    (&["decide", "xor.json", "--eps", "0.1", "--certificate", "none/p"], &["none/p: cannot be written"]),
    // Certificates.
    (&["verify", "xor.json"], &["<CERTIFICATE>"]),
    (&["verify", "none.json", "weights.json"], &["none.json: cannot be read"]),
    (&["verify", "xor.json", "none.certificate"], &["none.certificate: cannot be read"]),
    (&["verify", "xor.json", "folder"], &["folder: cannot be read"]),
    (&["verify", "truncated.json", "weights.json"], &["truncated.json: ", "EOF"]),
    (&["verify", "table.csv", "weights.json", "--target", "cost"], &["table.csv: no column \"cost\""]),
    (&["verify", "xor.json", "weights.json", "--width", "2"], &["xor.json: --width is for CSV files"]),
    (&["verify", "xor.json", "weights.json", "--time-limit", "1"], &["--time-limit"]),
    // Families.
    (&["gen", "xnor"], &["unknown family \"xnor\"; did you mean xor? `optgap list` shows all "]),
    (&["info", "adamm"], &["unknown family or method \"adamm\"; `optgap list` shows all ", "; methods: cones, sgd, adam, "]),
    (&["gen", "quuxly"], &["unknown family \"quuxly\"; `optgap list` shows all "]),
    (&["gen", "xor", "--size", "giant"], &["unknown size of xor \"giant\"; known: tiny, small"]),
    (&["gen", "xor[depth=2]"], &["xor: unknown parameter \"depth\"; known: width"]),
    (&["gen", "xor[width=0]"], &["xor: parameter width = 0: expected a whole number from 1"]),
    (&["gen", "xor", "--seed", "-1"], &["--seed", "-1"]),
    (&["gen", "xor", "--out", "none/xor.json"], &["none/xor.json: cannot be written"]),
    (&["gen", "files[folder=nowhere]"], &["files: parameter folder"]),
    (&["gen", "teacher", "--count", "3"], &["--out"]),
    (&["gen", "teacher", "--count", "0", "--out", "many"], &["--count", "0 is not in 1.."]),
    (&["gen", "teacher", "--count", "3", "--out", "xor.json"], &["--out xor.json: cannot be made"]),
    (&["gen", "teacher", "--count", "3", "--seed", "18446744073709551614", "--out", "many"], &["--count 3: ", "take fewer"]),
    (&["gen", "xor", "--count", "2", "--out", "many"], &["--count 2: xor-k2 is the same for every seed; leave out --count"]),
    (&["gen", "teacher[n=3,dimension=3]", "--count", "2", "--out", "many"], &["teacher: ", "take at least 5 samples"]),
    // Plans and runs.
    (&["run", "none.toml"], &["none.toml: cannot be read"]),
    (&["run"], &["benches/plans/quick.toml: cannot be read"]),
    (&["run", "noise.toml"], &["noise.toml: is not text"]),
    (&["run", "syntax.toml"], &["syntax.toml, line 2: "]),
    (&["run", "key.toml"], &["key.toml, line 2: unknown field `restart`"]),
    (&["run", "restarts.toml"], &["restarts.toml, line 2: 0 for restarts is out of range"]),
    (&["run", "limit.toml"], &["limit.toml, line 3: -10 for a time limit in seconds is out of range"]),
    (&["run", "family.toml"], &["family.toml, line 6: unknown family \"xnor\""]),
    (&["run", "parameter.toml"], &["parameter.toml, line 9: teacher: unknown parameter \"m\""]),
    (&["run", "range.toml"], &["range.toml, line 9: teacher: parameter n = 2: expected"]),
    (&["run", "together.toml"], &["together.toml, line 9: teacher: "]),
    (&["run", "selector.toml"], &["selector.toml, line 9: selector"]),
    (&["run", "size.toml"], &["size.toml, line 10: unknown size of teacher \"giant\""]),
    (&["run", "method.toml"], &["method.toml, line 13: unknown method \"cubes\""]),
    (&["run", "plan.toml", "--out", "table.csv/run"], &["table.csv/run: cannot be written"]),
    (&["run", "plan.toml", "--jobs", "0"], &["--jobs"]),
    (&["run", "plan.toml", "--retry", "optimal"], &["--retry", "error, killed and memout"]),
    // Folders of runs.
    (&["report", "nowhere"], &["nowhere: is not the folder of a run"]),
    (&["report", "folder"], &["folder: is not the folder of a run"]),
    (&["report", "bad-run"], &["local.jsonl, line 1: cannot be understood"]),
    (&["report", "new-run"], &["local.jsonl, line 1: schema \"cell/2\" is not known"]),
    (&["paint"], &["paint"]),
];

#[test]
fn every_fault_ends_with_code_2_and_one_line_that_names_it_and_writes_nothing() {
    let place = workplace();
    let before = place.content();
    for (arguments, parts) in CASES {
        let finished = place.run(arguments);
        let all = format!("optgap {}\n{}{}", arguments.join(" "), finished.stdout, finished.stderr);
        assert_eq!(finished.code, Some(2), "{all}");
        assert!(finished.stderr.starts_with("error: ") && finished.stderr.lines().count() == 1, "one line: {all}");
        for part in *parts {
            assert!(finished.stderr.contains(part), "no {part:?} in {all}");
        }
        assert!(finished.stdout.is_empty() && !all.contains("panicked"), "{all}");
        assert!(place.content() == before, "the folder changed: {all}");
    }
}

#[test]
fn a_run_into_a_folder_with_broken_records_leaves_them_alone() {
    for name in ["bad-run", "new-run"] {
        let place = workplace();
        let finished = place.run(&["run", "plan.toml", "--out", name]);
        assert_eq!(finished.code, Some(2), "{}", finished.stderr);
        assert!(finished.stderr.contains("local.jsonl, line 1: "), "{}", finished.stderr);
        let kept = place.content();
        assert_eq!(kept[&place.path(&format!("{name}/cells/local.jsonl"))], workplace_record(name));
        assert!(!kept.contains_key(&place.path(&format!("{name}/plan.jsonl"))));
    }
}

fn workplace_record(name: &str) -> Vec<u8> {
    let place = workplace();
    std::fs::read(place.path(&format!("{name}/cells/local.jsonl"))).expect("written")
}
