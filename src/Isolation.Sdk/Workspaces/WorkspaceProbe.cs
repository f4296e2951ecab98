using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

/// <summary>Whether workspaces can be made here. Looks, and changes nothing.</summary>
internal static class WorkspaceProbe
{
    public static async ValueTask<ProbeResult> RunAsync(
        RepositoryRef reference,
        WorkspaceOptions options,
        IsolationGuarantees seals,
        WorkersDirectory? workers,
        GitRepositoryCache repositories,
        CancellationToken cancellationToken
    )
    {
        List<IsolationFault> missing = [];
        List<string> notices = [];
        try
        {
            string branch = BranchName.Of(options.BranchTemplate, new AttemptId($"probe-{Guid.NewGuid():n}", 1));
            GitRepository repository = await repositories
                .OpenAsync(reference.Path, cancellationToken)
                .ConfigureAwait(false);
            if (options is GitWorktreeOptions && BranchName.FindCaseTwin(repository, branch) is { } conflict)
            {
                missing.Add(
                    new IsolationFault(
                        WorkspaceCodes.BranchConflict,
                        $"The branch template '{options.BranchTemplate}' cannot be used: {conflict}.",
                        "Delete or rename that branch, or choose another BranchTemplate."
                    )
                );
            }

            WorkersDirectory folder = workers ?? WorkersDirectory.Beside(repository.CommonDirectory);
            WorkersDirectorySetup.Check(folder, repository);
            if (!WorkersDirectorySetup.IsWritable(folder))
            {
                missing.Add(WorkersDirectorySetup.NotWritable(folder, "no folder can be written there"));
            }

            if (!WorkersDirectorySetup.IsWritable(new WorkersDirectory(repository.CommonDirectory)))
            {
                missing.Add(
                    new IsolationFault(
                        WorkspaceCodes.RootNotWritable,
                        $"'{repository.CommonDirectory}' cannot be written, and refs and leases of attempts are kept there.",
                        "Give this user the right to write there."
                    )
                );
            }

            if (
                (
                    await repository
                        .RunAsync(cancellationToken, "for-each-ref", "--count=1", "--format=%(refname)")
                        .ConfigureAwait(false)
                )
                    .Line
                    .Length == 0
            )
            {
                missing.Add(
                    new IsolationFault(
                        GitCodes.EmptyRepository,
                        $"'{reference.Path}' has no commit yet.",
                        "Make a first commit: a worker starts from one."
                    )
                );
            }

            if (!GitLfs.IsSetUp(repository))
            {
                notices.Add(
                    "git-lfs is not set up: a base commit with files in Git LFS is refused, other repositories need none."
                );
            }
        }
        catch (IsolationException e)
        {
            missing.Add(e.Fault);
        }

        return new ProbeResult(missing.Count == 0 ? seals : IsolationGuarantees.None, IsolationGuarantees.None, missing)
        {
            Notices = notices,
        };
    }
}
