using System.Text;

namespace Isolation.Sdk.Git;

internal static class GitRefs
{
    public static Task<string?> TryResolveCommitAsync(
        this GitRepository repository,
        string revision,
        CancellationToken cancellationToken = default
    ) => repository.TryResolveCommitAsync(revision, repository.CommonDirectory, cancellationToken);

    // As a work tree sees it, which has a HEAD of its own.
    public static async Task<string?> TryResolveCommitAsync(
        this GitRepository repository,
        string revision,
        string directory,
        CancellationToken cancellationToken
    )
    {
        if (revision.Length == 0 || revision.Contains('\0'))
        {
            return null; // A NUL would cut the name off, and what is left of it may mean another commit.
        }

        // A branch comes before a tag of its name, which git would take; a full name or ID means itself.
        bool isBranch =
            !revision.StartsWith("refs/", StringComparison.Ordinal)
            && !(revision.Length == repository.NullId.Length && revision.All(char.IsAsciiHexDigitLower))
            && RefNames.IsBranch(revision)
            && RefReader.Read(repository.CommonDirectory, RefNames.OfBranch(revision)) is not null;
        string name = isBranch ? RefNames.OfBranch(revision) : revision;
        GitResult answer = await repository
            .Client.TryRunAsync(
                GitCommand.In(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"),
                cancellationToken
            )
            .ConfigureAwait(false);
        return answer.Ok && answer.Line.Length >= 40 ? answer.Line : null;
    }

    public static async Task<IReadOnlyDictionary<string, string>> ListRefsAsync(
        this GitRepository repository,
        CancellationToken cancellationToken,
        params string[] prefixes
    )
    {
        GitResult answer = await repository
            .RunAsync(cancellationToken, ["for-each-ref", "--format=%(objectname) %(refname)", .. prefixes])
            .ConfigureAwait(false);
        return answer
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ', 2))
            .ToDictionary(p => p[1], p => p[0]);
    }

    public static async Task<bool> TryUpdateAsync(
        this GitRepository repository,
        RefTransaction transaction,
        CancellationToken cancellationToken = default
    ) =>
        await repository
            .UpdateAsync(transaction, new Dictionary<string, string>(), cancellationToken)
            .ConfigureAwait(false)
            is null;

    // null when all moved, the name of the ref that was not as expected when none did.
    public static async Task<string?> UpdateAsync(
        this GitRepository repository,
        RefTransaction transaction,
        IReadOnlyDictionary<string, string> environment,
        CancellationToken cancellationToken
    )
    {
        GitCommand update = GitCommand.In(repository.CommonDirectory, "update-ref", "--stdin", "-z") with
        {
            Input = transaction.ToInput(),
            Environment = environment,
        };
        cancellationToken.ThrowIfCancellationRequested();

        // Not cancelled once begun: a git that is killed here leaves its locks behind.
        GitResult answer = await repository.Client.TryRunAsync(update, CancellationToken.None).ConfigureAwait(false);
        return answer.Ok && answer.Output.Contains("commit: ok")
            ? null
            : DurableRefs.RefusedRef(answer.Error) ?? throw GitClient.Failed(update, answer);
    }

    public static bool IsRace(string error) =>
        error.Contains("but expected")
        || error.Contains("already exists")
        || error.Contains("unable to resolve reference");
}

internal sealed class RefTransaction
{
    private readonly StringBuilder _commands = new("start\0");

    public RefTransaction Create(string name, string id) => Add($"create {name}\0{id}\0");

    public RefTransaction Update(string name, string id, string old) => Add($"update {name}\0{id}\0{old}\0");

    // Deletes a ref that must be at 'old'; null for wherever it is.
    public RefTransaction Delete(string name, string? old = null) => Add($"delete {name}\0{old}\0");

    public RefTransaction Verify(string name, string old) => Add($"verify {name}\0{old}\0");

    public string ToInput() => _commands + "prepare\0commit\0";

    private RefTransaction Add(string command)
    {
        _commands.Append(command);
        return this;
    }
}
