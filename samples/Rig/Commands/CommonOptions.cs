using System.CommandLine;
using Isolation.Sdk;
using Rig.Terminal;

namespace Rig.Commands;

/// <summary>What several commands have in common.</summary>
internal static class CommonOptions
{
    public static Option<string> Repository() =>
        new("--repo")
        {
            Description = "The repository: a checkout or a bare one.",
            HelpName = "PATH",
            DefaultValueFactory = _ => ".",
        };

    public static Option<bool> Json() =>
        new("--json") { Description = "Write JSON instead of text; the shapes are stable, see README.md." };

    public static Option<string> Target(string description) =>
        new("--target")
        {
            Description = description,
            HelpName = "BRANCH",
            DefaultValueFactory = _ => "isolation/main",
        };

    public static Argument<string> Attempt() =>
        new("ATTEMPT") { Description = "An attempt, as rig list shows it: auth-123.1" };

    public static RepositoryRef RepositoryOf(string path) =>
        new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    public static AttemptId AttemptOf(string text) =>
        AttemptId.TryParse(text, out AttemptId attempt)
            ? attempt
            : throw new IsolationException(
                RigCodes.UnknownAttempt,
                $"'{Plain.Line(text)}' is no attempt.",
                "Give an item's id, a dot and a number, as rig list shows them: auth-123.1"
            );
}
