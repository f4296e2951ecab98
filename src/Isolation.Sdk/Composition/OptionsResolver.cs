using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Isolation.Sdk.Composition;

internal static class OptionsResolver
{
    // A factory and no monitor: the composition changes the instance, and a monitor's is everybody's.
    public static TOptions GetOptions<TOptions>(
        this IServiceProvider services,
        Action<TOptions>? configure,
        Func<TOptions, IEnumerable<IsolationFault>>? validate = null
    )
        where TOptions : class, new()
    {
        string name = services.GetService<CompositionServices>()?.Name ?? Options.DefaultName;
        TOptions options = services.GetService<IOptionsFactory<TOptions>>()?.Create(name) ?? new TOptions();
        configure?.Invoke(options);
        return validate?.Invoke(options).ToArray() is { Length: > 0 } faults
            ? throw new IsolationConfigurationException(faults)
            : options;
    }
}
