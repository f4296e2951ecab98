using System.Buffers.Binary;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

internal sealed class CheckoutMaterializer(WorkspaceContext context, TemplateMaterializer? templates)
    : IWorkspaceMaterializer
{
    private const int MaxReason = 500;
    private static readonly string[] LfsSigns = ["filter 'lfs'", "filter lfs", "git-lfs", "hung up unexpectedly"];

    // Of the workers that start at one base together the first few check it out; the others copy the template that is
    // made then.
    private readonly SemaphoreSlim _turns = new(Environment.ProcessorCount);

    public async Task<MaterializedFiles?> TryMaterializeAsync(
        string path,
        string commit,
        CancellationToken cancellationToken
    )
    {
        if (templates?.MayMake(commit) != true)
        {
            return Begin(path, turn: null);
        }

        bool waits = !_turns.Wait(0, CancellationToken.None);
        if (waits)
        {
            await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        Turn turn = new(_turns);
        try
        {
            if (
                waits
                && await templates.TryMaterializeAsync(path, commit, cancellationToken).ConfigureAwait(false)
                    is { } copied
            )
            {
                turn.Dispose();
                return copied;
            }

            return Begin(path, turn);
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    private MaterializedFiles Begin(string path, Turn? turn)
    {
        Directory.CreateDirectory(path);
        return new MaterializedFiles(context, CheckoutMethod.Checkout)
        {
            CheckOut = (info, settings, cancellationToken) => CheckOutAsync(info, settings, turn, cancellationToken),
            Turn = turn,
        };
    }

    private async Task CheckOutAsync(
        WorkspaceInfo info,
        GitSettings settings,
        Turn? turn,
        CancellationToken cancellationToken
    )
    {
        using Turn? ends = turn;
        GitRepository repository = context.Repository;
        GitCommand fill = GitCommand.In(info.Path, "reset", "--hard", "--quiet") with
        {
            Environment = GitLfs.Environment(
                repository,
                [.. TemplateGit.SeveralWriters, .. context.Settings.NoAttributesFromHome, .. settings]
            ),
            Remote = GitLfs.IsSetUp(repository) || repository.IsPartial,
        };
        GitResult answer = await repository.Client.TryRunAsync(fill, cancellationToken).ConfigureAwait(false);
        if (answer.Ok)
        {
            templates?.MakeInBackground(info.BaseCommit, CountEntries(Path.Combine(info.GitDirectory, "index")));
            return;
        }

        // A filter process that cannot be started shows as nothing but a connection that broke.
        throw LfsSigns.Any(sign => answer.ErrorLine.Contains(sign))
            ? new IsolationException(
                WorkspaceCodes.LfsMissing,
                "The base commit has files in Git LFS, and git-lfs could not give their content.",
                "Install git-lfs and run 'git lfs install' for the user who runs this."
            )
        : answer.Error.Contains("external filter") || answer.Error.Contains("smudge filter")
            ? new IsolationException(
                WorkspaceCodes.FilterFailed,
                $"A filter failed on the base commit's files: {PlainText.SingleLine(answer.ErrorLine, MaxReason)}",
                "Try 'git checkout' in a new worktree by hand. If it looks for a file in the git directory, name "
                    + "it in CopyIgnored: \".git/secret.key\"."
            )
        : new IsolationException(
            WorkspaceCodes.CheckoutFailed,
            $"The files could not be written: {PlainText.SingleLine(answer.ErrorLine, MaxReason)}",
            WorkersDirectorySetup.FullRemedy
        );
    }

    public static uint CountEntries(string index)
    {
        Span<byte> head = stackalloc byte[12];
        using FileStream stream = new(index, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length
            ? BinaryPrimitives.ReadUInt32BigEndian(head[8..])
            : 0;
    }

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                turns.Release();
            }
        }
    }
}
