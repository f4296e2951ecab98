namespace Isolation.Sdk.Git;

/// <summary>
/// Merges without a work tree, by a private git directory: no config, merge driver or ref of the repository has a say
/// in it. merge-tree reads attributes from the directory it runs in and puts its arguments into markers.
/// </summary>
internal sealed class GitMerge(GitRepository repository, string folder)
{
    private const string Target = "target";
    private readonly string _git = Path.Combine(folder, "git");

    // Of commits; of trees if there is one for the base, where git would find another one or none.
    public async Task<MergeOutcome> RunAsync(
        (string Id, string Label) target,
        (string Id, string Label) head,
        string attributes,
        CancellationToken cancellationToken,
        string? baseTree = null
    )
    {
        if (baseTree is null)
        {
            return await RunAsync(target, head, attributes, new Dictionary<string, string>(), cancellationToken)
                .ConfigureAwait(false);
        }

        // Git learned to be told a base in 2.40: before that, two commits on top of a third say the same.
        string objects = Path.Combine(_git, "objects");
        SyntheticCommits synthetic = new(objects, repository.ObjectFormat);
        try
        {
            string below = synthetic.Write(baseTree, null);
            (string, string) ours = (synthetic.Write(target.Id, below), target.Label);
            (string, string) theirs = (synthetic.Write(head.Id, below), head.Label);
            return await RunAsync(
                    ours,
                    theirs,
                    attributes,
                    new Dictionary<string, string> { ["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = objects },
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
        finally
        {
            synthetic.Clear();
        }
    }

    private async Task<MergeOutcome> RunAsync(
        (string Commit, string Label) target,
        (string Commit, string Label) head,
        string attributes,
        Dictionary<string, string> more,
        CancellationToken cancellationToken
    )
    {
        if (!File.Exists(Path.Combine(_git, "config")))
        {
            BareRepositoryWriter.Write(_git, repository, head: "", borrowed: []);
        }

        string ours = IsPlain(target.Label) ? target.Label : Target;
        string theirs = head.Label == ours ? "attempt-" + head.Label : head.Label;
        WriteRef("tags", ours, target.Commit);
        WriteRef("heads", theirs, head.Commit);
        GitCommand merge = GitCommand.In(
            attributes,
            [.. "merge-tree --write-tree -z --messages".Split(' '), ours, theirs]
        ) with
        {
            Environment = new Dictionary<string, string>(more)
            {
                ["GIT_DIR"] = _git,
                ["GIT_WORK_TREE"] = attributes,
                ["GIT_OBJECT_DIRECTORY"] = Path.Combine(repository.CommonDirectory, "objects"),
                ["GIT_SHALLOW_FILE"] = Path.Combine(repository.CommonDirectory, "shallow"),
                ["GIT_CONFIG_PARAMETERS"] = DurableRefs.FullSync,
            },
        };
        GitResult answer = await repository.Client.TryRunAsync(merge, cancellationToken).ConfigureAwait(false);
        PromisedObjects promised = new(repository);
        while (
            !answer.Ok
            && await promised
                .TryFetchAsync(answer.Error, target.Commit, head.Commit, cancellationToken)
                .ConfigureAwait(false)
        )
        {
            answer = await repository.Client.TryRunAsync(merge, cancellationToken).ConfigureAwait(false);
        }

        File.Delete(Path.Combine(_git, "refs", "heads", theirs));
        return Classify(answer);
    }

    internal static MergeOutcome Classify(GitResult answer)
    {
        // A missing object gives a plausible conflict on git before 2.45, or histories that seem unrelated, beside
        // "error:".
        bool failed = answer.Error.Contains("error:");
        if (!failed && answer.ExitCode == 128 && answer.Error.Contains("unrelated histories"))
        {
            return new MergeOutcome.Unrelated();
        }

        MergeTreeOutput? output =
            !failed && answer.ExitCode is 0 or 1 && !answer.Error.Contains("fatal:")
                ? MergeTreeOutput.Parse(answer.Output)
                : null;
        return output is null || (answer.Ok && output.Files.Count > 0)
                ? new MergeOutcome.Broken($"'git merge-tree' ended with {answer.ExitCode}: {answer.ErrorLine}")
            : answer.Ok ? new MergeOutcome.Clean(output.Tree)
            : new MergeOutcome.Conflict(output);
    }

    private static bool IsPlain(string label) => label != "HEAD" && !MergeTreeOutput.IsObjectId(label);

    private void WriteRef(string kind, string name, string commit)
    {
        string path = Path.Combine(_git, "refs", kind, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, commit + "\n");
    }
}

internal abstract record MergeOutcome
{
    private MergeOutcome() { }

    public sealed record Clean(string Tree) : MergeOutcome;

    public sealed record Conflict(MergeTreeOutput Output) : MergeOutcome;

    public sealed record Unrelated : MergeOutcome;

    // Git could not say: an object is missing, the disk is full. Never a conflict, never green.
    public sealed record Broken(string Reason) : MergeOutcome;
}
