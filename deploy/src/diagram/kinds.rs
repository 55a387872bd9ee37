//! Types of resources: which are drawn, and what they are called.

/// What only holds other parts together, guards them or shows them. Everything else
/// is drawn, also what is not known here.
const NOT_DRAWN: [&str; 23] = [
    "AWS::CloudWatch::Dashboard",
    "AWS::EC2::EIP",
    "AWS::EC2::FlowLog",
    "AWS::EC2::NatGateway",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Logs::ResourcePolicy",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

pub(super) fn is_drawn(kind: &str) -> bool {
    !NOT_DRAWN.contains(&kind)
}

/// `AWS::S3::Bucket` is an `S3 Bucket`, `AWS::EC2::RouteTable` an `EC2 Route Table`.
pub(super) fn words(kind: &str) -> String {
    match kind {
        "AWS::Serverless::Function" => return "Lambda Function".to_owned(),
        "AWS::DataSync::LocationEFS" => return "DataSync Location, EFS".to_owned(),
        "AWS::DataSync::LocationS3" => return "DataSync Location, S3".to_owned(),
        _ => {}
    }
    let parts: Vec<&str> = kind.trim_start_matches("AWS::").split("::").collect();
    let [service @ .., name] = &parts[..] else {
        return kind.to_owned();
    };
    [service.join(" "), spaced(name)]
        .join(" ")
        .trim()
        .to_owned()
}

/// A space before each capital letter that follows a small one.
pub(super) fn spaced(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.push(letter);
        before = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_reads_like_words() {
        #[rustfmt::skip]
        let cases = [
            ("AWS::S3::Bucket",            "S3 Bucket"),
            ("AWS::EC2::RouteTable",       "EC2 Route Table"),
            ("AWS::Serverless::Function",  "Lambda Function"),
            ("AWS::AutoScaling::AutoScalingGroup", "AutoScaling Auto Scaling Group"),
            ("Custom::Thing",              "Custom Thing"),
            ("unknown type",               "unknown type"),
        ];
        for (kind, expected) in cases {
            assert_eq!(words(kind), expected);
        }
    }
}
