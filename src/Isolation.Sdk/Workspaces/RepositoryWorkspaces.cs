using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

internal sealed class RepositoryWorkspaces : IAsyncDisposable
{
    public RepositoryWorkspaces(WorkspaceContext context, bool makesTemplates, Func<string, FreeSpace> measure)
    {
        WorkspaceOptions options = context.Options;
        Context = context;
        Trees = new TemplateTrees(context);
        Templates = new TemplateMaterializer(context, Trees);
        Checkout = new CheckoutMaterializer(context, makesTemplates ? Templates : null);
        Idle = options.PoolSize > 0 ? new IdleWorkspaces(context) : null;
        Admission = options.MaxWaitForSpace is not null
            ? new AdmissionController(options, context.Time, context.Workers.Root, measure)
            : null;
    }

    private IReadOnlyList<string> _emptySubmodules = [];

    public WorkspaceContext Context { get; }

    public TemplateTrees Trees { get; }

    public TemplateMaterializer Templates { get; }

    public CheckoutMaterializer Checkout { get; }

    public IdleWorkspaces? Idle { get; }

    public AdmissionController? Admission { get; }

    public async Task<IReadOnlyList<IsolationFault>> FindProblemsAsync(CancellationToken cancellationToken)
    {
        GitRepository repository = Context.Repository;
        List<IsolationFault> problems = [];
        WorkersDirectorySetup.Check(Context.Workers, repository);
        if (!WorkersDirectorySetup.IsWritable(Context.Workers.Root))
        {
            problems.Add(WorkersDirectorySetup.NotWritable(Context.Workers, "no folder can be written there"));
        }

        if (!WorkersDirectorySetup.IsWritable(repository.CommonDirectory))
        {
            problems.Add(
                new IsolationFault(
                    WorkspaceCodes.RootNotWritable,
                    $"'{repository.CommonDirectory}' cannot be written, and refs and leases of attempts "
                        + $"are kept there.",
                    "Give this user the right to write there."
                )
            );
        }

        GitResult refs = await repository
            .RunAsync(cancellationToken, "for-each-ref", "--count=1", "--format=%(refname)")
            .ConfigureAwait(false);
        if (refs.Line.Length == 0)
        {
            problems.Add(
                new IsolationFault(
                    GitCodes.EmptyRepository,
                    $"'{repository.Reference.Path}' has no commit yet.",
                    "Make a first commit: a worker starts from one."
                )
            );
        }

        _emptySubmodules = await new SubmoduleCheckout(repository)
            .FindEmptyAsync(cancellationToken)
            .ConfigureAwait(false);
        return problems;
    }

    public IEnumerable<string> FindNotices()
    {
        if (!GitLfs.IsSetUp(Context.Repository))
        {
            yield return "git-lfs is not set up: a base commit with files in Git LFS is refused, other repositories "
                + "need none.";
        }

        string[] ignored = [.. BarrierFiles.FindLostRules(Context.Repository.TopLevel)];
        if (ignored.Length > 0)
        {
            yield return $"Workspaces do not inherit "
                + $"{string.Join(", ", ignored.Select(f => $"'{PlainText.SingleLine(f, 200)}'"))}: put what the "
                + $"repository needs into its own .editorconfig.";
        }

        if (_emptySubmodules.Count > 0)
        {
            string paths = string.Join(", ", _emptySubmodules.Select(p => $"'{p}'"));
            yield return $"Submodules that are not initialized here stay empty in every workspace and gate: "
                + $"{PlainText.SingleLine(paths, 400)}. If they are needed, run "
                + "'git submodule update --init --recursive'.";
        }

        if (Idle is not null)
        {
            yield return OperatingSystem.IsLinux()
                ? $"Released workspaces are cleaned and used again, at most {Context.Options.PoolSize} of "
                    + $"them: a process that outlives its attempt could still write there, so a state axis "
                    + $"should end them all."
                : "The warm pool does nothing here: only on Linux can it tell that a file was not written.";
        }

        if (Admission?.FindShortage() is { } shortage)
        {
            yield return $"No workspace would be made now: {shortage}.";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (Idle?.SettleAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        await Trees.DisposeAsync().ConfigureAwait(false);
    }
}
