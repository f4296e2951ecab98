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
        WorkItem item = request.Item;
        string intro = string.IsNullOrWhiteSpace(preamble) ? "" : $"{Normal(preamble)}\n\n";
        string instructions = item.Instructions.Length == 0 ? "The title says it all." : Normal(item.Instructions);
        string branch = Line(request.Workspace.Branch ?? "none (detached)");
        string place =
            request.Workspace.BaseCommit.Length == 0
                ? ""
                : $"- Branch: {branch}\n- Base commit: {request.Workspace.BaseCommit}\n";
        return $"{intro}# {Line(item.Title)}\n\n## Instructions\n\n{instructions}\n\n"
            + $"## Item\n\n- Item: {Line(item.Id)}\n- Attempt: {request.Attempt.Number}\n{place}"
            + Section("References (read-only)", references.Select(Reference))
            + Section(
                "Notes of the items this one was blocked by",
                request
                    .Handoffs.OrderBy(h => h.From.Item, StringComparer.Ordinal)
                    .ThenBy(h => h.From.Number)
                    .Select(h => $"\n### From {Line(h.From.ToString())}\n\n{Quote(h.Note)}\n")
            )
            + Section(
                "Why the attempt before did not make it",
                request.PreviousFailure is { Length: > 0 } failure ? [$"\n{Quote(failure)}\n"] : []
            )
            + Section(
                "What the attempt before collided with",
                request.Conflict is { } conflict && conflictFiles is { } max ? [Conflict(conflict, max)] : []
            );
    }

    private static string Section(string title, IEnumerable<string> parts) =>
        string.Concat(parts) is { Length: > 0 } text ? $"\n## {title}\n{text}" : "";

    private static string Reference(ReferenceFile reference)
    {
        // A fence longer than any run of backticks inside cannot be closed from inside.
        string fence = new('`', Math.Max(3, LongestRun(reference.Content) + 1));
        return $"\n### {Line(reference.Name)}\n\n{fence}\n{reference.Content.TrimEnd('\n')}\n{fence}\n";
    }

    private static string Conflict(PreviousConflict conflict, int max)
    {
        string others = conflict.With.Count == 0 ? "" : ", where these items had landed in the same files";
        IEnumerable<string> items = conflict.With.Take(MaxItemsNamed).Select(i => $"\n- Item: {Line(i)}");
        IEnumerable<string> files = conflict
            .Files.Take(max)
            .Select(f => $"\n- File: {Line(f.Path)} ({Line(string.Join(", ", f.Kinds))})");
        int more = conflict.Files.Count + conflict.MoreFiles - Math.Min(max, conflict.Files.Count);
        return $"\nIts work is kept: commit {conflict.Commit}, at `{conflict.Ref}`. "
            + $"`git diff {conflict.BaseCommit} {conflict.Commit}` shows it; reuse what still fits.\n"
            + $"It did not merge with commit {conflict.TargetCommit} of the target{others}.\n"
            + string.Concat(items.Concat(files))
            + (more > 0 ? $"\n- Files beside those: {more}\n" : "\n");
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
