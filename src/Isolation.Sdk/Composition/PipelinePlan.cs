using Isolation.Sdk.Contexts;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Composition;

/// <summary>A frozen composition.</summary>
internal sealed record PipelinePlan(
    PipelineSettings Settings,
    CompositionServices Services,
    IWorkspaceProvider Workspaces,
    IContextFactory Contexts,
    IStateSandbox Sandbox,
    IMergeStrategy Merging
)
{
    public IsolationOptions Options => Settings.Options;

    public string TargetRef => $"refs/heads/{Settings.Target}";

    public static PipelinePlan Compose(IsolationPipelineBuilder builder, PipelineSettings draft, IServiceProvider? host)
    {
        WorkersDirectory? folder = draft.WorkersDirectory is { } root ? new WorkersDirectory(root) : null;
        CompositionServices services = new(host, draft.TimeProvider, draft.LoggerFactory, folder, draft.Name);
        IStateSandbox state = builder.Sandbox.Create(services);
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
