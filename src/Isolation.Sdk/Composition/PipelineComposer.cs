using Isolation.Sdk.Attempts;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Git;
using Isolation.Sdk.Guard;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Options;

namespace Isolation.Sdk.Composition;

internal sealed class PipelineComposer(PipelineSettings settings, IServiceProvider? host)
{
    private readonly List<IsolationFault> _faults = [];
    private readonly List<object> _made = [];
    private Exception? _cause;

    public PipelinePlan Compose(
        AxisChoice<IWorkspaceProvider> workspaces,
        AxisChoice<IContextFactory> contexts,
        AxisChoice<IStateSandbox> sandbox,
        AxisChoice<IMergeStrategy>? merging // null for a node, where nothing lands
    )
    {
        CompositionServices services = new(settings, host);
        _faults.AddRange(
            CompositionValidator.Validate(
                settings,
                merging is not { Create: null },
                workspaces.MaxLevel,
                sandbox.MaxLevel
            )
        );
        IsolationOptions? options = Try("options", () =>
            services.GetOptions(settings.Configure, static o => o.Validate())
        );
        services.Repositories = new GitRepositoryCache(options?.Author);
        services.Setup = options is null
            ? null
            : new SetupCommands(settings.Setup, options.SetupTimeout, services.Time);
        ForecastOptions? forecast = Try("forecast's options", () =>
            services.GetOptions(settings.ConfigureForecast, static o => o.Validate())
        );
        GuardOptions? guard = Try("guard's options", () =>
            services.GetOptions(settings.ConfigureGuard, static o => o.Validate())
        );
        IReadOnlyList<IStateSandbox>? sandboxes = Try("sandbox", () => sandbox.Make(services, _made));
        services.Sandbox = sandboxes?[0];
        IReadOnlyList<IWorkspaceProvider>? providers = Try("workspaces", () => workspaces.Make(services, _made));
        IReadOnlyList<IContextFactory>? factories = Try("contexts", () => contexts.Make(services, _made));
        IReadOnlyList<IMergeStrategy>? strategies = merging is { Create: not null }
            ? Try("merging", () => merging.Make(services, _made))
            : null;
        if (_faults.Count > 0)
        {
            Dispose(_made);
            throw new IsolationConfigurationException(_faults, _cause);
        }

        WorkerPlan workers = new(providers![0], factories![0], sandboxes![0], options!)
        {
            Services = services,
            Time = services.Time,
            Loggers = services.Loggers,
            Runners = settings.Runner is { } runner
                ? new Dictionary<string, Func<IServiceProvider, IAgentRunner>>(settings.Runners) { [""] = runner }
                : settings.Runners,
            Setup = services.Setup!,
            Labels = settings.Labels,
            Resilience = settings.Resilience,
            Directory = settings.WorkersDirectory is { } root ? new WorkersDirectory(root) : null,
            Level = settings.Level,
            TargetRef = merging is null ? "" : RefNames.OfBranch(settings.Target),
            RunsInProcess = settings.RunsInProcess,
            Guard = guard!,
        };
        return new PipelinePlan(settings, workers, services.Repositories)
        {
            Forecast = forecast!,
            Sandboxes = sandboxes,
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
                    SchedulingCodes.BadOption,
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
                    CompositionCodes.FactoryFailed,
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
