namespace Isolation.Sdk.Git;

/// <summary>What else a name could mean. A branch comes before a tag; nobody can guess between others.</summary>
internal static class RevisionNames
{
    private const string Remotes = "refs/remotes/";
    private const string Tags = "refs/tags/";

    // null for a name that means one thing. No process.
    public static IsolationFault? FindAmbiguity(GitRepository repository, string name)
    {
        if (name.StartsWith("refs/", StringComparison.Ordinal) || !RefNames.IsBranch(name))
        {
            return null;
        }

        string branch = RefNames.OfBranch(name);
        string[] all = Read(branch) is null ? [Tags + name, Remotes + name] : [branch, Remotes + name];
        if (name.StartsWith("heads/", StringComparison.Ordinal) || name.StartsWith("tags/", StringComparison.Ordinal))
        {
            all = [.. all, "refs/" + name];
        }

        string[] found = [.. all.Where(r => Read(r) is not null).DistinctBy(Read)];
        return found.Length < 2
            ? null
            : new IsolationFault(
                GitCodes.AmbiguousRevision,
                $"'{IO.PlainText.SingleLine(name, 200)}' may mean {found[0]} ({Read(found[0])![..10]}) or {found[1]} "
                    + $"({Read(found[1])![..10]}).",
                "Give the full name of the one that is meant, or rename the other."
            );

        string? Read(string name) => RefReader.Read(repository.CommonDirectory, name);
    }
}
