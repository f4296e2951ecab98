using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces;

/// <summary>Whether linked worktrees can be made here. Looks, and changes nothing.</summary>
internal static class WorktreeProbe
{
    public static async ValueTask<AxisReport> RunAsync(RepositoryRef reference, GitWorktreeOptions options, WorkersFolder? workers, CancellationToken cancellationToken)
    {
        List<IsolationFault> missing = [];
        List<string> notices = [];
        try
        {
            _ = BranchName.Of(options.BranchTemplate, new AttemptId("item", 1));
            GitRepository repository = await GitHost.OpenAsync(reference.Path, cancellationToken).ConfigureAwait(false);
            WorkersFolder folder = workers ?? WorkersFolder.Beside(repository.CommonDirectory);
            WorkersRoot.Check(folder, repository);
            if (!WorkersRoot.IsWritable(folder))
            {
                missing.Add(WorkersRoot.NotWritable(folder, "no right to write there"));
            }

            if ((await repository.RunAsync(cancellationToken, "for-each-ref", "--count=1", "--format=%(refname)").ConfigureAwait(false)).Line.Length == 0)
            {
                missing.Add(new IsolationFault(GitCodes.EmptyRepository, $"'{reference.Path}' has no commit yet.", "Make a first commit: a worker starts from one."));
            }

            if (!Lfs.IsSetUp(repository))
            {
                notices.Add("git-lfs is not set up: a base commit with files in Git LFS is refused, other repositories need none.");
            }
        }
        catch (IsolationException e)
        {
            missing.Add(e.Fault);
        }

        return new AxisReport(missing.Count == 0 ? IsolationGuarantees.Files : IsolationGuarantees.None, IsolationGuarantees.None, missing) { Notices = notices };
    }
}
