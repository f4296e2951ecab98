using Isolation.Sdk.Contexts;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandboxing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Pipeline.Composition;

/// <summary>A frozen composition.</summary>
internal sealed record PipelinePlan(
    PipelineDraft Draft,
    CompositionServices Services,
    IWorkspaceProvider Workspaces,
    IContextFactory Contexts,
    IStateSandbox State,
    IMergeStrategy Merging
)
{
    public IsolationPipelineOptions Options => Draft.Options;

    public string TargetRef => $"refs/heads/{Draft.Target}";

    public static PipelinePlan Compose(IsolationPipelineBuilder builder, PipelineDraft draft, IServiceProvider? host)
    {
        WorkersFolder? folder = draft.WorkersRoot is { } root ? new WorkersFolder(root) : null;
        CompositionServices services = new(host, draft.Time, draft.Loggers, folder);
        IStateSandbox state = builder.State.Create(services);
        services.Sandbox = state;
        return new PipelinePlan(
            draft,
            services,
            builder.Workspaces.Create(services),
            builder.Contexts.Create(services),
            state,
            builder.Merging.Create(services)
        );
    }
}
