namespace Isolation.Sdk.Composition;

internal static class ServiceLookup
{
    public static T? Of<T>(this IServiceProvider services)
        where T : class => services.GetService(typeof(T)) as T;

    public static TimeProvider Time(this IServiceProvider services) =>
        services.Of<TimeProvider>() ?? TimeProvider.System;
}
