//! What a row of the table of diagnoses says, and the questions in the order of the Kubernetes page "Debug Services".

use crate::manifest::Severity;

/// The questions that lead from a Service that does not answer to the cause, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Does the Service exist, and would it be accepted?
    Exists,
    /// Does a policy let the client through?
    Policy,
    /// Does its name lead to it?
    Name,
    /// Is it asked on a port that it has?
    Port,
    /// Does it have endpoints?
    Endpoints,
    /// Are its Pods running and ready?
    Pods,
    /// Does a process listen where it sends to?
    Process,
    /// Does kube-proxy lead there from where the client stands?
    Proxy,
    /// Can a Pod reach itself through it?
    Hairpin,
}

/// A question's row.
pub struct Asked {
    /// The question.
    pub question: Question,
    /// Its short name, as the strip has it.
    pub name: &'static str,
    /// The question in full.
    pub text: &'static str,
}

macro_rules! questions {
    ($($question:ident $name:literal $text:literal;)*) => {
        /// The questions, in order.
        pub const QUESTIONS: &[Asked] =
            &[$(Asked { question: Question::$question, name: $name, text: $text }),*];
    };
}

questions! {
    Exists "Service" "Does the Service exist?";
    Policy "Policy" "Does a NetworkPolicy stand in the way?";
    Name "Name" "Does its DNS name lead to it?";
    Port "Port" "Is the Service defined with the port that is asked for?";
    Endpoints "Endpoints" "Does the Service have endpoints?";
    Pods "Pods" "Are the Pods running and ready?";
    Process "Process" "Does a process listen where the Service sends to?";
    Proxy "Proxy" "Does kube-proxy lead there?";
    Hairpin "Hairpin" "Can a Pod reach itself through the Service?";
}

impl Question {
    /// Its row.
    pub fn asked(self) -> &'static Asked {
        const NONE: &Asked = &Asked {
            question: Question::Exists,
            name: "",
            text: "",
        };
        let found = QUESTIONS.iter().find(|asked| asked.question == self);
        found.unwrap_or(NONE)
    }
}

/// How sure a diagnosis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// What was given proves it.
    Proven,
    /// What is known of the image or of the usual case speaks for it.
    Likely,
    /// What was given cannot show it.
    Unknowable,
}

impl Certainty {
    /// `proven`, `likely` or `unknowable`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Likely => "likely",
            Self::Unknowable => "unknowable",
        }
    }
}

/// What a diagnosis can be made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// Manifests that are not applied yet.
    Static,
    /// A cluster, or the dump of one.
    Live,
    /// A connection or a look-up that failed.
    Attempt,
}

impl Input {
    /// How the documentation calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Static => "manifests",
            Self::Live => "a cluster or its dump",
            Self::Attempt => "a failed attempt",
        }
    }
}

/// A diagnosis: one row of the table.
#[derive(Debug)]
pub struct Row {
    /// Its slug: it stays, since links lead to it.
    pub id: &'static str,
    /// The question that it answers with no.
    pub question: Question,
    /// How much it matters, when it is certain.
    pub severity: Severity,
    /// Its title.
    pub title: &'static str,
    /// What is said of a case, with `{names}` for the reader's own names and numbers.
    pub sentence: &'static str,
    /// What it means and what to do, for the documentation.
    pub about: &'static str,
    /// What it can be made from.
    pub inputs: &'static [Input],
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Row {}
