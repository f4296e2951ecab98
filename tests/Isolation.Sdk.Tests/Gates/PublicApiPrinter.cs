using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>Prints what users of an assembly can see, sorted, one member a line.</summary>
internal static class PublicApiPrinter
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly
        | BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Static
        | BindingFlags.Instance;
    private static readonly NullabilityInfoContext NullabilityReader = new();

    public static string Print(Assembly assembly)
    {
        StringBuilder text = new();
        foreach (
            Type type in assembly.GetTypes().Where(t => t.IsVisible).OrderBy(t => t.FullName, StringComparer.Ordinal)
        )
        {
            text.Append(Header(type)).Append('\n');
            foreach (string member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Header(Type type)
    {
        bool record = type.GetMethod("<Clone>$") is not null || type.GetMethod("PrintMembers", Declared) is not null;
        string kind =
            type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : type.IsAssignableTo(typeof(Delegate)) ? "delegate"
            : type.IsValueType ? (record ? "record struct" : "struct")
            : record ? "record"
            : "class";
        string modifier =
            type.IsInterface || type.IsValueType || kind == "delegate" ? ""
            : type is { IsAbstract: true, IsSealed: true } ? "static "
            : type.IsAbstract ? "abstract "
            : type.IsSealed ? "sealed "
            : "";
        Type[] inherited = type.BaseType?.GetInterfaces() ?? [];
        IEnumerable<string> bases = new[] { type.BaseType }
            .Where(b =>
                b is not null
                && b != typeof(object)
                && b != typeof(ValueType)
                && b != typeof(Enum)
                && kind != "delegate"
            )
            .Concat(
                kind is "enum" or "delegate"
                    ? []
                    : type.GetInterfaces().Except(inherited).Where(i => i.Name != "IEquatable`1")
            )
            .Select(t => Name(t!))
            .Order(StringComparer.Ordinal);
        string list = string.Join(", ", bases);
        return $"{modifier}{kind} {type.Namespace}.{Name(type)}{(list.Length > 0 ? " : " + list : "")}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(f => $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture)}");
        }

        return type.GetConstructors(Declared)
            .Where(IsSeen)
            .Select(c => $"{Access(c)}.ctor({Parameters(c)})")
            .Concat(
                type.GetFields(Declared)
                    .Where(f => f.IsPublic || f.IsFamily)
                    .Select(f =>
                        $"{(f.IsLiteral ? "const " : f.IsStatic ? "static " : "")}{Name(f.FieldType)} {f.Name}{(f.IsLiteral ? $" = {f.GetRawConstantValue()}" : "")}"
                    )
            )
            .Concat(
                type.GetProperties(Declared)
                    .Where(p => p.GetAccessors(nonPublic: true).Any(IsSeen) && p.Name != "EqualityContract")
                    .Select(Property)
            )
            .Concat(
                type.GetEvents(Declared)
                    .Where(e => IsSeen(e.AddMethod!))
                    .Select(e => $"event {Name(e.EventHandlerType!)} {e.Name}")
            )
            .Concat(
                type.GetMethods(Declared)
                    .Where(m =>
                        IsSeen(m)
                        && !m.IsSpecialName
                        && !m.IsDefined(typeof(CompilerGeneratedAttribute))
                        && m.Name is not ("ToString" or "GetHashCode" or "Equals" or "PrintMembers" or "<Clone>$")
                    )
                    .Select(Method)
            );
    }

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) =>
        (method.IsPublic ? "" : "protected ")
        + (method.IsStatic ? "static " : "")
        + (
            method is { IsAbstract: true, DeclaringType.IsInterface: false } ? "abstract "
            : method is MethodInfo m && method.IsVirtual && !method.IsFinal && !method.DeclaringType!.IsInterface
                ? (m.GetBaseDefinition() == m ? "virtual " : "override ")
            : ""
        );

    private static string Property(PropertyInfo property)
    {
        MethodInfo seen = property.GetAccessors(nonPublic: true).First(IsSeen);
        bool init = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))
            ?? false;
        string set = property.SetMethod is { } s && IsSeen(s) ? (init ? " init;" : " set;") : "";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{Access(seen)}{required}{Annotated(NullabilityReader.Create(property))} {property.Name} {{{(property.GetMethod is { } g && IsSeen(g) ? " get;" : "")}{set} }}";
    }

    private static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethod
            ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>"
            : "";
        return $"{Access(method)}{Annotated(NullabilityReader.Create(method.ReturnParameter))} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Parameters(MethodBase method) =>
        (method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "")
        + string.Join(
            ", ",
            method
                .GetParameters()
                .Select(p =>
                    $"{(p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")}{(p.IsOut ? "out " : p.ParameterType.IsByRef ? "ref " : "")}{Annotated(NullabilityReader.Create(p))} {p.Name}{(p.HasDefaultValue ? $" = {p.DefaultValue switch { null => "default", string s => $"\"{s}\"", bool b => b ? "true" : "false", object o => Convert.ToString(o, CultureInfo.InvariantCulture) }}" : "")}"
                )
        );

    private static string Annotated(NullabilityInfo info) =>
        Name(info.Type) + (info.ReadState == NullabilityState.Nullable && !info.Type.IsValueType ? "?" : "");

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        string own = type.Name.Split('`')[0];
        string outer = type is { IsNested: true, IsGenericParameter: false } ? Name(type.DeclaringType!) + "." : "";
        string arguments =
            type.IsGenericType && type.Name.Contains('`', StringComparison.Ordinal)
                ? $"<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
                : "";
        return outer
            + (
                type.FullName switch
                {
                    "System.String" => "string",
                    "System.Int32" => "int",
                    "System.Int64" => "long",
                    "System.Boolean" => "bool",
                    "System.Object" => "object",
                    "System.Void" => "void",
                    "System.Double" => "double",
                    _ => own,
                }
            )
            + arguments;
    }
}
