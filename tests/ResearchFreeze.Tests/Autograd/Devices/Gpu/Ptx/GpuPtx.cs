using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>The kernels that the primitives' descriptions name, generic ones closed over every operation or tile there is, compiled to PTX without a GPU.</summary>
internal static class GpuPtx
{
    private const BindingFlags Statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private static readonly Type[] Types = typeof(GpuDevice).Assembly.GetTypes();
    private static readonly Lazy<IReadOnlyDictionary<string, MethodInfo>> All = new(Find);
    private static readonly Dictionary<CudaTarget, Lazy<IReadOnlyDictionary<string, string>>> Compiled =
        CudaTarget.All.ToDictionary(target => target, target => new Lazy<IReadOnlyDictionary<string, string>>(() => Compile(target)));

    /// <summary>Kernels by name.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> Kernels => All.Value;

    /// <summary>Every kernel that was written, by class and method: the non-private static methods of classes named …Kernels that take views and return nothing; but for those of matrix instructions, which <see cref="GpuCorePtx"/> has.</summary>
    public static IEnumerable<string> KernelMethods => Written().Keys.Where(name => name != $"{nameof(CoreKernels)}.{nameof(CoreKernels.Tiled)}");

    /// <summary>All kernels' PTX for an architecture.</summary>
    public static IReadOnlyDictionary<string, string> AssemblyFor(CudaTarget target) => Compiled[target].Value;

    /// <summary>Threads of a group that a kernel is launched with, at most: those of its tile, its class's constant <c>{Method}Threads</c> or <c>Threads</c>, otherwise <see cref="Cell.GroupSize"/>.</summary>
    public static int ThreadsOf(string kernel)
    {
        MethodInfo method = Kernels[kernel];
        if (GpuPtxRow.IsProduct(kernel)) return OfTile(nameof(IProductTile.Rows)) * OfTile(nameof(IProductTile.Columns));
        FieldInfo? own = method.DeclaringType!.GetField($"{method.Name}Threads", Statics) ?? method.DeclaringType.GetField("Threads", Statics);
        return own?.GetRawConstantValue() is int threads ? threads : Cell.GroupSize;

        int OfTile(string side) => (int)method.GetGenericArguments()[2].GetProperty(side)!.GetValue(null)!;
    }

    private static Dictionary<string, string> Compile(CudaTarget target)
    {
        using Context shared = Context.Create(builder => builder.EnableAlgorithms());
        return Kernels.Keys.ToDictionary(name => name, name =>
        {
            // In the long form, which counts registers, a context of its own: what ILGPU makes of a kernel depends on what its context has compiled before.
            using Context? own = TestDevices.IsLong ? Context.Create(builder => builder.EnableAlgorithms()) : null;
            Context context = own ?? shared;
            using var backend = new PTXBackend(context, new CudaCapabilityContext(target.Architecture), target.Architecture, target.InstructionSet, null);
            return ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(Kernels[name]), default)).PTXAssembly;
        });
    }

    /// <summary>Whether a kernel is the one that a description names, or that one closed over an operation or a tile.</summary>
    public static bool IsClosed(string kernel, string name) => kernel == name || kernel.StartsWith(name + ".", StringComparison.Ordinal);

    /// <summary>A kernel's class and method, without what it is closed over.</summary>
    public static string MethodOf(string kernel) => string.Join('.', kernel.Split('.').Take(2));

    private static Dictionary<string, MethodInfo> Find()
    {
        var result = new Dictionary<string, MethodInfo>();
        Dictionary<string, MethodInfo> written = Written();
        foreach (string kernel in Primitives.All.SelectMany(description => description.Kernels).Distinct().Order(StringComparer.Ordinal))
        {
            MethodInfo method = written[MethodOf(kernel)];
            if (!method.IsGenericMethod)
            {
                result.Add(kernel, method);
                continue;
            }
            // What the name has behind the method, then everything that fits the last parameter.
            Type[] named = [.. kernel.Split('.').Skip(2).Select(operand => Types.Single(type => type.Name == operand))];
            foreach (Type last in Fitting(method.GetGenericArguments()[named.Length])) result.Add($"{kernel}.{last.Name.Split('`')[0]}", method.MakeGenericMethod([.. named, last]));
        }
        return result;
    }

    private static Dictionary<string, MethodInfo> Written() => Types.Where(type => type.Name.EndsWith("Kernels", StringComparison.Ordinal))
        .SelectMany(type => type.GetMethods(Statics).Where(IsKernel)).ToDictionary(method => $"{method.DeclaringType!.Name}.{method.Name}");

    /// <summary>The structs that a kernel can be closed over: formulas of the interface that its parameter asks for, tiles.</summary>
    private static IEnumerable<Type> Fitting(Type parameter)
    {
        Type contract = parameter.GetGenericParameterConstraints().Single(constraint => constraint.IsInterface);
        return Types.Where(type => type.IsValueType).Select(type => IsOp(type) ? Close(type) : type).Where(type => !type.IsGenericTypeDefinition && type.GetInterfaces().Contains(contract));
    }

    private static bool IsKernel(MethodInfo method) =>
        !method.IsPrivate && method.ReturnType == typeof(void) && method.GetParameters().Any(parameter => parameter.ParameterType == typeof(ArrayView<float>) || parameter.ParameterType == typeof(ArrayView<int>));

    private static bool IsOp(Type type) => type.IsValueType && type.IsGenericTypeDefinition && type.Name.Contains("Op`", StringComparison.Ordinal);

    /// <summary>Over float and, where a formula has a second parameter, over the GPU's functions or, where it is a formula of two operands, over one of those.</summary>
    private static Type Close(Type op)
    {
        Type[] parameters = op.GetGenericArguments();
        if (parameters.Length == 1) return op.MakeGenericType(typeof(float));
        bool isOfFormulas = parameters[1].GetGenericParameterConstraints().Any(constraint => constraint.IsGenericType && constraint.GetGenericTypeDefinition() == typeof(IZipOp<>));
        return op.MakeGenericType(typeof(float), isOfFormulas ? typeof(GreaterOp<float>) : typeof(GpuMath));
    }
}
