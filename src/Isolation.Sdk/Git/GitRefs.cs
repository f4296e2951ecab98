using System.Text;

namespace Isolation.Sdk.Git;

/// <summary>Reading names, and moving refs by compare-and-swap only.</summary>
internal static class GitRefs
{
    /// <summary>The commit a revision means now, in full; <see langword="null"/> when it means none.</summary>
    public static async Task<string?> TryResolveCommitAsync(
        this GitRepository repository,
        string revision,
        CancellationToken cancellationToken = default
    )
    {
        if (revision.Length == 0 || revision.Contains('\0', StringComparison.Ordinal))
        {
            return null; // A NUL would cut the name off, and what is left of it may mean another commit.
        }

        GitResult answer = await repository
            .TryRunAsync(
                cancellationToken,
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                revision + "^{commit}"
            )
            .ConfigureAwait(false);
        return answer.Ok && answer.Line.Length >= 40 ? answer.Line : null;
    }

    /// <summary>Every ref under a prefix, with its object.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ListRefsAsync(
        this GitRepository repository,
        string prefix,
        CancellationToken cancellationToken = default
    )
    {
        GitResult answer = await repository
            .RunAsync(cancellationToken, "for-each-ref", "--format=%(objectname) %(refname)", prefix)
            .ConfigureAwait(false);
        return answer
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ', 2))
            .ToDictionary(p => p[1], p => p[0], StringComparer.Ordinal);
    }

    /// <summary>Moves several refs, all or none.</summary>
    /// <returns>false: one of them was not what it was expected to be, and nothing moved.</returns>
    public static async Task<bool> TryUpdateAsync(
        this GitRepository repository,
        RefTransaction transaction,
        CancellationToken cancellationToken = default
    )
    {
        GitCommand update = GitCommand.In(repository.CommonDirectory, "update-ref", "--stdin", "-z") with
        {
            Input = transaction.ToInput(),
        };
        GitResult answer = await repository.Client.TryRunAsync(update, cancellationToken).ConfigureAwait(false);
        if (answer.Ok && answer.Output.Contains("commit: ok", StringComparison.Ordinal))
        {
            return true;
        }

        // Git says "is at X but expected Y", "reference already exists", "unable to resolve reference": somebody was faster.
        bool raced =
            answer.Error.Contains("but expected", StringComparison.Ordinal)
            || answer.Error.Contains("already exists", StringComparison.Ordinal)
            || answer.Error.Contains("unable to resolve reference", StringComparison.Ordinal);
        return raced ? false : throw GitClient.Failed(update, answer);
    }
}

/// <summary>A set of compare-and-swaps on refs.</summary>
internal sealed class RefTransaction
{
    private readonly StringBuilder _commands = new("start\0");

    /// <summary>Creates a ref that must not exist.</summary>
    public RefTransaction Create(string name, string id) => Add($"create {name}\0{id}\0");

    /// <summary>Moves a ref that must be at <paramref name="old"/>.</summary>
    public RefTransaction Update(string name, string id, string old) => Add($"update {name}\0{id}\0{old}\0");

    /// <summary>Deletes a ref that must be at <paramref name="old"/>; <see langword="null"/> for wherever it is.</summary>
    public RefTransaction Delete(string name, string? old = null) => Add($"delete {name}\0{old}\0");

    /// <summary>Only checks that a ref is at <paramref name="old"/>.</summary>
    public RefTransaction Verify(string name, string old) => Add($"verify {name}\0{old}\0");

    public string ToInput() => _commands + "prepare\0commit\0";

    private RefTransaction Add(string command)
    {
        _commands.Append(command);
        return this;
    }
}
