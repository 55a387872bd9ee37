use super::*;

fn drawn() -> Picture {
    picture(include_str!("../../../template.yaml")).unwrap()
}

/// Every resource of the template is in the picture: in a box, or counted.
#[test]
fn nothing_of_the_template_is_left_out() {
    let tree = Node::parse(include_str!("../../../template.yaml")).unwrap();
    let resources = tree
        .get("Resources")
        .into_iter()
        .flat_map(Node::entries)
        .count();
    let picture = drawn();
    let boxes: usize = picture
        .layers
        .iter()
        .flat_map(|layer| &layer.parts)
        .map(|part| part.names.len())
        .sum();
    let counted = picture.layers.iter().flat_map(|layer| &layer.beside);
    let counted: usize = counted
        .map(|text| text.split(' ').next().unwrap().parse::<usize>().unwrap())
        .sum();
    assert_eq!(boxes + counted, resources);
    assert!(resources > 50, "{resources}");
}

/// The way of the files and of the news, as the template's properties give it.
#[test]
fn the_backup_line_is_seen() {
    let arrows = drawn().arrows;
    for (from, to) in [
        ("FileSystem", "SourceLocation"),
        ("SourceLocation", "Task"),
        ("Task", "DestinationLocation"),
        ("DestinationLocation", "BackupBucket"),
        ("Task", "ReportBucket"),
        ("StartSchedule", "StartExecutionFunction"),
        ("StartExecutionFunction", "Task"),
        ("Task", "ExecutionFinishedRule"),
        ("ExecutionFinishedRule", "ReportExecutionFunction"),
        ("ReportExecutionFunction", "AlertTopic"),
        ("AlertTopic", "AlertSubscription"),
        ("FailureQueueNotEmptyAlarm", "WatchTopic"),
    ] {
        let found = arrows
            .iter()
            .find(|arrow| arrow.from == from && arrow.to == to);
        assert!(
            found.is_some_and(|arrow| !arrow.is_faint),
            "{from} to {to}: {arrows:?}"
        );
    }
}

#[test]
fn an_unknown_resource_is_drawn_and_a_removed_one_is_not() {
    let template = "Resources:\n  # ==== Storage: what stays ====\n  Bucket:\n    Type: AWS::S3::Bucket\n  \
                    # ==== Oddities: <b>&\" ====\n  Odd:\n    Type: Custom::Odd\n    Properties: {Uses: !Ref Bucket}\n";
    let picture = picture(template).unwrap();
    let layers: Vec<&str> = picture
        .layers
        .iter()
        .map(|layer| layer.name.as_str())
        .collect();
    assert_eq!(layers, ["Storage", "Oddities"]);
    let text = mermaid(&picture);
    assert!(
        text.contains("Odd_[\"<b>Odd</b><br/>Custom Odd\"]"),
        "{text}"
    );
    assert!(text.contains("Odd_ -.-> Bucket_"), "{text}");
    assert!(
        svg(&picture).contains("&lt;b&gt;&amp;&quot;"),
        "not escaped"
    );

    let without = template.replace("  Bucket:\n    Type: AWS::S3::Bucket\n", "");
    let without = super::picture(&without).unwrap();
    assert!(
        !mermaid(&without).contains("Bucket"),
        "{}",
        mermaid(&without)
    );
}

#[test]
fn a_template_without_resources_is_refused() {
    assert!(picture("Parameters: {}\n").is_err());
    assert!(picture("a: [").is_err());
}

#[test]
fn boxes_stand_apart_and_within_their_bands() {
    let picture = drawn();
    let layout = layout::layout(&picture);
    let boxes: Vec<_> = layout.boxes.values().collect();
    for (at, one) in boxes.iter().enumerate() {
        for other in &boxes[at + 1..] {
            let apart = one.x + one.width <= other.x
                || other.x + other.width <= one.x
                || one.bottom() <= other.y
                || other.bottom() <= one.y;
            assert!(apart, "{one:?} {other:?}");
        }
        let band = layout
            .bands
            .iter()
            .find(|band| band.y <= one.y && one.bottom() <= band.bottom());
        let band = band.expect("a box outside all bands");
        assert!(
            band.x <= one.x && one.x + one.width <= band.x + band.width,
            "{one:?}"
        );
    }
}

/// README shows what `efs-backup diagram` prints; `INSTA_UPDATE=always` takes it over.
#[test]
fn the_readme_shows_this_picture() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme
        .split_once("```mermaid\n")
        .expect("README.md has no picture");
    let (shown, after) = rest.split_once("```").unwrap();
    let picture = mermaid(&drawn());
    if shown != picture && std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(path, format!("{before}```mermaid\n{picture}```{after}")).unwrap();
        return;
    }
    assert_eq!(
        shown, picture,
        "README.md shows another picture than `efs-backup diagram`"
    );
}
