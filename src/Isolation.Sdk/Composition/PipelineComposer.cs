using Isolation.Sdk.Contexts;
using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Options;

namespace Isolation.Sdk.Composition;

/// <summary>
/// Makes a plan out of what a builder was told, and collects every fault on the way. It changes nothing in the builder.
/// </summary>
internal sealed class PipelineComposer(IsolationPipelineBuilder builder, PipelineSettings settings)
{
    private readonly List<IsolationFault> _faults = [];
    private readonly List<object> _made = [];
    private Exception? _cause;

    public PipelinePlan Compose(IServiceProvider? host, bool isNode = false)
    {
        CompositionServices services = new(settings, host);
        Axis<IWorkspaceProvider> workspaces = builder.Workspaces.OrDefault(a =>
            _ = settings.Level is SandboxLevel.Restricted or SandboxLevel.Sealed
                ? a.UsePrivateClones()
                : a.UseGitWorktrees()
        );
        Axis<IContextFactory> contexts = builder.Contexts.OrDefault(a => a.UseFresh());
        Axis<IStateSandbox> sandbox = builder.Sandbox.OrDefault(a =>
            _ = settings.Level switch
            {
                SandboxLevel.Restricted => a.UseRestricted(),
                SandboxLevel.Sealed => a.UseSealed(),
                _ => a.UseProcess(),
            }
        );
        _faults.AddRange(CompositionValidator.Validate(settings, builder.Merging.IsChosen || isNode));
        _faults.AddRange(CompositionValidator.ValidateLevel(settings, workspaces.MaxLevel, sandbox.MaxLevel));
        IsolationOptions? options = Try("options", () => services.GetOptions(settings.Configure));
        services.Repositories = new GitRepositoryCache(options?.Author);
        ForecastOptions? forecast = Try("forecast's options", () => services.GetOptions(settings.ConfigureForecast));
        IReadOnlyList<IStateSandbox>? sandboxes = Try("sandbox", () => sandbox.Create(services, _made));
        services.Sandbox = sandboxes?[0];
        IReadOnlyList<IWorkspaceProvider>? providers = Try("workspaces", () => workspaces.Create(services, _made));
        IReadOnlyList<IContextFactory>? factories = Try("contexts", () => contexts.Create(services, _made));
        IReadOnlyList<IMergeStrategy>? strategies =
            builder.Merging.IsChosen && !isNode ? Try("merging", () => builder.Merging.Create(services, _made)) : null;
        if (_faults.Count > 0)
        {
            Dispose(_made);
            throw new IsolationConfigurationException(_faults, _cause);
        }

        return new PipelinePlan(settings, services)
        {
            Options = options!,
            Forecast = forecast!,
            Workspaces = providers![0],
            Contexts = factories![0],
            Sandboxes = sandboxes!,
            Strategies = strategies ?? [],
            Made = _made,
        };
    }

    private T? Try<T>(string part, Func<T> create)
        where T : class
    {
        try
        {
            return create();
        }
        catch (IsolationConfigurationException e)
        {
            _faults.AddRange(e.Faults);
        }
        catch (IsolationException e)
        {
            _faults.Add(e.Fault);
        }
        catch (OptionsValidationException e)
        {
            _faults.AddRange(
                e.Failures.Select(failure => new IsolationFault(
                    PipelineCodes.BadOption,
                    $"{e.OptionsType.Name} failed the host's validation: {failure}",
                    "Correct the configuration."
                ))
            );
        }
        catch (Exception e)
        {
            _cause ??= e;
            _faults.Add(
                new IsolationFault(
                    PipelineCodes.FactoryFailed,
                    $"Making the {part} failed with {e.GetType().Name}: {e.Message}",
                    "Correct what was given to the builder; the inner exception has the stack trace."
                )
            );
        }

        return null;
    }

    // Nothing runs yet, so disposing waits for nothing.
    private static void Dispose(List<object> made) => Task.Run(() => DisposeAsync(made)).GetAwaiter().GetResult();

    public static async Task DisposeAsync(IReadOnlyList<object> made)
    {
        foreach (object part in made.Distinct(ReferenceEqualityComparer.Instance).Reverse())
        {
            if (part is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                (part as IDisposable)?.Dispose();
            }
        }
    }
}
