using System.Globalization;
using System.Text;

namespace Isolation.Sdk.Contexts;

internal static class BriefingWriter
{
    private const int MaxItemsNamed = 20;

    public static string Write(
        ContextRequest request,
        string preamble,
        IReadOnlyList<ReferenceFile> references,
        int? conflictFiles
    )
    {
        StringBuilder text = new();
        if (!string.IsNullOrWhiteSpace(preamble))
        {
            text.Append(Normal(preamble)).Append("\n\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"# {Line(request.Item.Title)}\n\n");
        text.Append("## Instructions\n\n")
            .Append(
                request.Item.Instructions.Length == 0 ? "The title says it all." : Normal(request.Item.Instructions)
            )
            .Append("\n\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"## Item\n\n- Item: {Line(request.Item.Id)}\n- Attempt: {request.Attempt.Number}\n"
        );
        if (request.Workspace.BaseCommit.Length > 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"- Branch: {Line(request.Workspace.Branch ?? "none (detached)")}\n- Base commit: "
                    + $"{request.Workspace.BaseCommit}\n"
            );
        }

        AddReferences(text, references);
        AddHandoffs(text, request.Handoffs);
        if (request.PreviousFailure is { Length: > 0 } failure)
        {
            text.Append("\n## Why the attempt before did not make it\n\n").Append(Quote(failure)).Append('\n');
        }

        if (request.Conflict is { } conflict && conflictFiles is { } most)
        {
            AddConflict(text, conflict, most);
        }

        return text.ToString();
    }

    private static void AddReferences(StringBuilder text, IReadOnlyList<ReferenceFile> references)
    {
        if (references.Count == 0)
        {
            return;
        }

        text.Append("\n## References (read-only)\n");
        foreach (ReferenceFile reference in references)
        {
            // A fence longer than any run of backticks inside cannot be closed from inside.
            string fence = new('`', Math.Max(3, LongestRun(reference.Content) + 1));
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n### {Line(reference.Path)}\n\n{fence}\n{reference.Content.TrimEnd('\n')}\n{fence}\n"
            );
        }
    }

    private static void AddHandoffs(StringBuilder text, IReadOnlyList<Handoff> handoffs)
    {
        if (handoffs.Count == 0)
        {
            return;
        }

        text.Append("\n## Notes of the items this one was blocked by\n");
        foreach (
            Handoff handoff in handoffs.OrderBy(h => h.From.Item, StringComparer.Ordinal).ThenBy(h => h.From.Number)
        )
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n### From {Line(handoff.From.ToString())}\n\n{Quote(handoff.Note)}\n"
            );
        }
    }

    private static void AddConflict(StringBuilder text, PreviousConflict conflict, int most)
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"\n## What the attempt before collided with\n\nIts work is kept: commit {conflict.Commit}, at "
                + $"`{conflict.Ref}`. `git diff {conflict.BaseCommit} {conflict.Commit}` shows it; reuse what "
                + $"still fits.\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"It did not merge with commit {conflict.TargetCommit} of the "
                + $"target{(conflict.With.Count == 0 ? "" : ", where these items had landed in the same files")}.\n"
        );
        foreach (string item in conflict.With.Take(MaxItemsNamed))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n- Item: {Line(item)}");
        }

        foreach (Git.ConflictedFile file in conflict.Files.Take(most))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n- File: {Line(file.Path)} ({Line(string.Join(", ", file.Kinds))})"
            );
        }

        int more = conflict.Files.Count + conflict.MoreFiles - Math.Min(most, conflict.Files.Count);
        text.Append(more > 0 ? string.Create(CultureInfo.InvariantCulture, $"\n- Files beside those: {more}\n") : "\n");
    }

    // What others wrote cannot pass for a part of the briefing.
    private static string Quote(string words) =>
        string.Join('\n', Normal(words).Split('\n').Select(l => l.Length == 0 ? ">" : $"> {l}"));

    private static string Normal(string words) => words.ReplaceLineEndings("\n").Trim('\n');

    private static string Line(string words) =>
        string.Concat(words.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));

    private static int LongestRun(string content)
    {
        int longest = 0,
            run = 0;
        foreach (char c in content)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
