using System.Text.RegularExpressions;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>Never forced: the target goes from exactly the old commit to exactly the new one.</summary>
internal sealed partial class RemotePush(QueueContext context)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan UploadLimit = TimeSpan.FromMinutes(30);

    private string Target => context.Names.Target;

    public async Task<PushResult> PushTargetAsync(
        string remote,
        string old,
        string fresh,
        CancellationToken cancellationToken
    )
    {
        if (await UploadAsync(remote, fresh, cancellationToken).ConfigureAwait(false) is { } missing)
        {
            return Failed(remote, missing);
        }

        // The lease is on the old value and the new one descends from it, so that no forced update can come of it.
        GitResult pushed = await PushAsync(remote, old, fresh, cancellationToken).ConfigureAwait(false);
        if (pushed.Ok)
        {
            return new PushResult();
        }

        // What the remote has now says more than what git says of it.
        (bool reached, string? there, string said) = await ReadRemoteAsync(remote, cancellationToken)
            .ConfigureAwait(false);
        if (reached && there is null)
        {
            // It is not there yet; the empty lease says that it still must not be.
            pushed = await PushAsync(remote, "", fresh, cancellationToken).ConfigureAwait(false);
            return pushed.Ok ? new PushResult() : Failed(remote, pushed.Error);
        }

        return !reached ? Failed(remote, said)
            : there == fresh ? new PushResult()
            : there == old ? Failed(remote, pushed.Error)
            : await TakeOverAsync(remote, old, there!, cancellationToken).ConfigureAwait(false);
    }

    public async Task<(bool Reached, string? Commit, string Said)> ReadRemoteAsync(
        string remote,
        CancellationToken cancellationToken
    )
    {
        GitResult answer = await RunAsync(cancellationToken, "ls-remote", "--refs", "--", remote, Target)
            .ConfigureAwait(false);
        string? line = answer
            .Output.Split('\n')
            .FirstOrDefault(l => l.EndsWith('\t' + Target, StringComparison.Ordinal));
        return (answer.Ok, line?.Split('\t')[0], answer.Error);
    }

    public async Task<QueueItem> PushBranchAsync(QueueItem item, string remote, CancellationToken cancellationToken)
    {
        string branch = item.Branch ?? $"isolation/{Slug.Of(item.Attempt.Item)}/{item.Attempt.Number}";
        string refs = $"{item.Head}:refs/heads/{branch}";
        if (await UploadAsync(remote, item.Head, cancellationToken).ConfigureAwait(false) is { } missing)
        {
            return NotPushed(item, remote, missing);
        }

        GitResult answer = await RunAsync(
                cancellationToken,
                ["push", "--quiet", "--no-follow-tags", "--end-of-options", remote, refs]
            )
            .ConfigureAwait(false);
        return answer.Ok
            ? item with
            {
                Pushed = $"pushed to {remote} as {branch}",
                PushFailure = null,
            }
            : NotPushed(item, remote, answer.Error);
    }

    private static QueueItem NotPushed(QueueItem item, string remote, string why) =>
        item with
        {
            PushFailure =
                $"the push to {remote} failed: {Line(why)} It is tried again while the queue runs; approve it to try "
                + "at once.",
        };

    // Why it could not be done; null if there is nothing to do any more.
    private async Task<string?> UploadAsync(string remote, string commit, CancellationToken cancellationToken)
    {
        if (!await LfsUpload.IsNeededAsync(context.Repository, remote, commit, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        GitResult answer = await RunAsync(UploadLimit, cancellationToken, LfsUpload.Command(remote, commit))
            .ConfigureAwait(false);
        return answer.Ok
            ? null
            : $"its LFS files were not uploaded ({Line(answer.Error + answer.Output)}). Install git-lfs, or see that "
                + $"'git lfs push {remote} {commit}' ends well.";
    }

    private Task<GitResult> PushAsync(string remote, string lease, string fresh, CancellationToken cancellationToken) =>
        RunAsync(
            cancellationToken,
            "push",
            "--quiet",
            "--no-follow-tags",
            $"--force-with-lease={Target}:{lease}",
            "--",
            remote,
            $"{fresh}:{Target}"
        );

    private async Task<PushResult> TakeOverAsync(
        string remote,
        string old,
        string there,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await GitFetch
                .RunAsync(context.Repository, remote, context.Time, cancellationToken, [Target])
                .ConfigureAwait(false);
        }
        catch (IsolationException e)
        {
            return Failed(remote, e.Message);
        }

        if (await context.Repository.IsAncestorAsync(old, there, cancellationToken).ConfigureAwait(false))
        {
            return new PushResult(Ahead: there);
        }

        bool behind = await context.Repository.IsAncestorAsync(there, old, cancellationToken).ConfigureAwait(false);
        return new PushResult(
            Failure: behind
                ? $"{Target} on {remote} is at {there}, behind {old} here: push it, or set it back here, as is right."
                : $"{Target} on {remote} is at {there}, which does not contain {old} here: bring the two "
                    + $"together by hand."
        );
    }

    private Task<GitResult> RunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        RunAsync(Limit, cancellationToken, arguments);

    private async Task<GitResult> RunAsync(
        TimeSpan most,
        CancellationToken cancellationToken,
        params string[] arguments
    )
    {
        using CancellationTokenSource limit = new(most, context.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            limit.Token,
            cancellationToken
        );
        try
        {
            GitCommand command = GitCommand.In(context.Repository.CommonDirectory, arguments) with { Remote = true };
            return await context.Repository.Client.TryRunAsync(command, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new GitResult(-1, "", $"'git {arguments[0]}' took longer than {most}.");
        }
    }

    private PushResult Failed(string remote, string why) =>
        new(Failure: $"{Target} cannot be pushed to {remote}: {Line(why)}");

    // As one line without credentials.
    private static string Line(string text) => Credentials().Replace(text.Trim().ReplaceLineEndings(" "), "://***@");

    [GeneratedRegex("://[^/@ ]*@")]
    private static partial Regex Credentials();
}

// Neither: the remote has it. Ahead: others pushed on top of what is here.
internal sealed record PushResult(string? Ahead = null, string? Failure = null);
