using System.CodeDom.Compiler;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.CompilerServices;
using Isolation.Sdk.Leaks;
using Isolation.Sdk.Sqlite;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>What holds for every type of the packages.</summary>
public sealed class TypeGates
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly
        | BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Static
        | BindingFlags.Instance;
    private const int MaxMembers = 3;

    private static readonly Type[] Mutable =
    [
        typeof(object),
        typeof(List<>),
        typeof(Dictionary<,>),
        typeof(HashSet<>),
        typeof(Queue<>),
        typeof(Stack<>),
        typeof(SortedDictionary<,>),
        typeof(ConcurrentDictionary<,>),
        typeof(ConcurrentQueue<>),
        typeof(ConcurrentBag<>),
        typeof(ConditionalWeakTable<,>),
        typeof(IDictionary<,>),
        typeof(IList<>),
        typeof(AsyncLocal<>),
        typeof(ThreadLocal<>),
        typeof(Lock),
        typeof(SemaphoreSlim),
        typeof(CancellationTokenSource),
        typeof(System.Text.StringBuilder),
        typeof(Random),
    ];

    internal static Assembly[] Packages =>
        [
            typeof(IIsolationAxis).Assembly,
            typeof(ThrowawayRepository).Assembly,
            typeof(LeakMatrix).Assembly,
            typeof(SqliteWorkTracker).Assembly,
        ];

    private static IEnumerable<Type> Types => Packages.SelectMany(a => a.GetTypes());

    [IsolationFact]
    public void A_provider_has_at_most_3_members_to_write_beside_the_probe() =>
        Gate.HoldsUnless(
            Types
                .Where(t =>
                    t.IsInterface
                    && t != typeof(IIsolationAxis)
                    && t.IsAssignableTo(typeof(IIsolationAxis))
                    && t.GetMethods().Count(m => m.IsAbstract) > MaxMembers
                )
                .Select(t => t.FullName)
        );

    [IsolationFact]
    public void No_public_type_is_in_an_internal_namespace() =>
        Gate.HoldsUnless(
            Types.Where(t => t.IsVisible && t.Namespace!.Split('.').Contains("Internal")).Select(t => t.FullName)
        );

    [IsolationFact]
    public void Public_types_live_in_namespaces_of_the_project() =>
        Gate.HoldsUnless(
            Types
                .Where(t =>
                    t.IsVisible
                    && !t.Namespace!.StartsWith("Isolation.Sdk", StringComparison.Ordinal)
                    && t.Namespace != "Microsoft.Extensions.DependencyInjection"
                )
                .Select(t => t.FullName)
        );

    [IsolationFact]
    public void Nothing_static_can_change() => Gate.HoldsUnless(Types.SelectMany(MutableStatics));

    // The leak matrix makes some for each try: they are what a worker must not see.
    [IsolationFact]
    public void Nothing_has_an_async_local() =>
        Gate.HoldsUnless(
            Types
                .Where(t => t.DeclaringType?.Name != nameof(InProcessRows))
                .SelectMany(t => t.GetFields(Declared))
                .Where(f => Open(f.FieldType) == typeof(AsyncLocal<>))
                .Select(f => f.DeclaringType!.FullName!)
        );

    [IsolationFact]
    public void Every_fault_of_the_library_is_an_IsolationException() =>
        Gate.HoldsUnless(
            typeof(IIsolationAxis)
                .Assembly.GetTypes()
                .Where(t =>
                    t.IsAssignableTo(typeof(Exception)) && t.IsVisible && !t.IsAssignableTo(typeof(IsolationException))
                )
                .Select(t => t.FullName)
        );

    [IsolationFact]
    public void What_breaks_these_rules_is_found()
    {
        Assert.Equal(
            ["Broken.Cache", "Broken.Counter", "Broken.Flow", "Broken.Holder", "Broken.Latest", "Broken.Table"],
            MutableStatics(typeof(Broken)).Select(f => $"Broken.{f.Split('.')[^1]}").Order(StringComparer.Ordinal)
        );
    }

    private static IEnumerable<string> MutableStatics(Type type)
    {
        // The compiler's own caches (lambdas, switch tables) and generators' singletons hold nothing of ours.
        bool generated =
            type.Name.Contains('<', StringComparison.Ordinal)
            || type.IsDefined(typeof(CompilerGeneratedAttribute))
            || type.IsDefined(typeof(GeneratedCodeAttribute));
        return generated || type.IsEnum
            ? []
            : type.GetFields(Declared)
                .Where(f => f.IsStatic && !f.IsLiteral && CanChange(f))
                .Select(f => $"{type.FullName}.{Spelled(f)}");
    }

    private static string Spelled(FieldInfo field) =>
        field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)] : field.Name;

    private static bool CanChange(FieldInfo field)
    {
        Type type = field.FieldType;
        if (!field.IsInitOnly || field.IsDefined(typeof(ThreadStaticAttribute)) || Mutable.Contains(Open(type)))
        {
            return true;
        }

        // What is looked up once and is a plain value from then on is a constant of the machine.
        if (Open(type) == typeof(Lazy<>))
        {
            return !(
                type.GetGenericArguments()[0] is { IsPrimitive: true }
                || type.GetGenericArguments()[0] == typeof(string)
            );
        }

        // Nobody outside sees a private array; a public one is anyone's to write. Of our own types, only those without
        // a field that can be set are constants.
        return type.IsArray
            ? !field.IsPrivate || field.Name.StartsWith('<')
            : type is { IsClass: true, IsAbstract: false }
                && type.Assembly == field.DeclaringType!.Assembly
                && type.GetFields(Declared)
                    .Any(f => !f.IsStatic && (!f.IsInitOnly || Mutable.Contains(Open(f.FieldType))));
    }

    private static Type Open(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

#pragma warning disable CS0169, CS0414, CA1823 // Broken on purpose, for reflection alone.
    private static class Broken
    {
        private static readonly Dictionary<string, int> Table = [];
        private static readonly AsyncLocal<int> Flow = new();
        private static readonly Box Holder = new();
        private static readonly FrozenSet<string> Fine = FrozenSet<string>.Empty;
        private static readonly string[] AlsoFine = [];
#pragma warning disable IDE1006 // What the gate has to find is not named as it should be, either.
        private static int Counter;

        [ThreadStatic]
        private static string? Cache;
#pragma warning restore IDE1006

        public static string Latest { get; set; } = "";

        private sealed class Box
        {
            private int _value = 1;
        }
    }
#pragma warning restore CS0169, CS0414, CA1823
}
