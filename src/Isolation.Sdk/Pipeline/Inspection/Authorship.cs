using Isolation.Sdk.Git;

namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>Finds in git's own logs which work tree made a branch or a stash entry.</summary>
internal sealed class Authorship(GitRepository repository)
{
    private const string Heads = "refs/heads/";
    private const string Stash = "refs/stash";
    private readonly Dictionary<string, IReadOnlyCollection<string>> _known = new(StringComparer.Ordinal);

    /// <summary>The entries (<c>worktrees/x/</c>) of those who made a ref; <see langword="null"/> when nothing says who.</summary>
    public IReadOnlyCollection<string>? Of(string name)
    {
        string[] found = name == Stash ? StashedIn() : name.StartsWith(Heads, StringComparison.Ordinal) ? WentTo(name[Heads.Length..]) : [];
        if (found.Length > 0)
        {
            _known[name] = found;
        }

        // With a ref its log goes too: who made it is remembered.
        return _known.GetValueOrDefault(name);
    }

    private string[] WentTo(string branch) =>
        [.. Entries().Where(e => Lines(Path.Combine(e, "logs", "HEAD")).Any(l => l.Contains("\tcheckout: moving from ", StringComparison.Ordinal) && l.EndsWith($" to {branch}", StringComparison.Ordinal))).Select(Name)];

    // "WIP on <branch>: <commit> <subject>", or "On <branch>: <what it was called>".
    private string[] StashedIn()
    {
        string said = Lines(Path.Combine(repository.CommonDirectory, "logs", "refs", "stash")).LastOrDefault() is { } line ? line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..] : "";
        return [.. Entries().Where(e => Lines(Path.Combine(e, "HEAD")).FirstOrDefault() is { } head && head.StartsWith("ref: " + Heads, StringComparison.Ordinal) && said.Contains($"n {head["ref: refs/heads/".Length..]}: ", StringComparison.Ordinal)).Select(Name)];
    }

    private string[] Entries()
    {
        string folder = Path.Combine(repository.CommonDirectory, "worktrees");
        return Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];
    }

    private static string Name(string entry) => $"worktrees/{Path.GetFileName(entry)}/";

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            return []; // Not there, or no longer.
        }
    }
}
