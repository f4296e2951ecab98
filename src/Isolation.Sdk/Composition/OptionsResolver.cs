using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Isolation.Sdk.Composition;

/// <summary>Makes the options of an axis: what the host configured, then what the composition says.</summary>
internal static class OptionsResolver
{
    /// <summary>
    /// Makes a fresh instance with the host's options framework under the pipeline's name (configuration,
    /// post-configuration and validation of the host included), or a new one without a host;
    /// applies the delegate; then checks the values.
    /// </summary>
    /// <exception cref="IsolationConfigurationException">Every fault of the values.</exception>
    /// <exception cref="OptionsValidationException">The host's own validation failed.</exception>
    public static TOptions GetOptions<TOptions>(this IServiceProvider services, Action<TOptions>? configure)
        where TOptions : class, new()
    {
        string name = services.GetService<CompositionServices>()?.Name ?? Options.DefaultName;
        TOptions options = services.GetService<IOptionsFactory<TOptions>>()?.Create(name) ?? new TOptions();
        configure?.Invoke(options);
        return options is IOptionsWithFaults checkable && checkable.Validate().ToArray() is { Length: > 0 } faults
            ? throw new IsolationConfigurationException(faults)
            : options;
    }
}
