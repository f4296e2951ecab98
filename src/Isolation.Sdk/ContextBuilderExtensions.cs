using Isolation.Sdk.Contexts;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk;

public static partial class IsolationBuilderExtensions
{
    /// <summary>A fresh context for each attempt: nothing is inherited.</summary>
    public static IsolationPipelineBuilder UseFresh(
        this Axis<IContextFactory> axis,
        Action<FreshContextOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(axis);
        return axis.Use(configure, (options, services) =>
            new FreshContextFactory(options, services.GetRequiredService<TimeProvider>())
        );
    }
}
