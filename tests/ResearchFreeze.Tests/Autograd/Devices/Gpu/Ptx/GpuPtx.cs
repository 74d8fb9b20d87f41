using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Finds every kernel there is, generic ones closed over every operation or operand there is, and compiles it to PTX without a GPU.</summary>
internal static class GpuPtx
{
    private const BindingFlags Statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private static readonly Lazy<IReadOnlyDictionary<string, MethodInfo>> All = new(Find);
    private static readonly Dictionary<CudaTarget, Lazy<IReadOnlyDictionary<string, string>>> Compiled =
        CudaTarget.All.ToDictionary(target => target, target => new Lazy<IReadOnlyDictionary<string, string>>(() => Compile(target)));

    /// <summary>The operands that products are made of: matrices as stored or transposed, and the three directions of a convolution.</summary>
    private static readonly (Type A, Type B)[] Operands =
    [
        (typeof(MatrixRows), typeof(MatrixRows)),
        (typeof(MatrixRows), typeof(MatrixColumns)),
        (typeof(MatrixColumns), typeof(MatrixRows)),
        (typeof(MatrixColumns), typeof(MatrixColumns)),
        (typeof(Patches), typeof(MatrixRows)),
        (typeof(GradientPatches), typeof(TapWeights)),
        (typeof(MatrixColumns), typeof(PixelPatches)),
    ];

    /// <summary>Kernels by name: the non-private static methods of classes named …Kernels that take views and return nothing.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> Kernels => All.Value;

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
        using Context context = Context.Create(builder => builder.EnableAlgorithms());
        using var backend = new PTXBackend(context, new CudaCapabilityContext(target.Architecture), target.Architecture, target.InstructionSet, null);
        return Kernels.Keys.ToDictionary(
            name => name,
            name => ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(Kernels[name]), default)).PTXAssembly);
    }

    private static Dictionary<string, MethodInfo> Find()
    {
        var result = new Dictionary<string, MethodInfo>();
        Type[] types = typeof(GpuDevice).Assembly.GetTypes();
        foreach (Type type in types.Where(type => type.Name.EndsWith("Kernels", StringComparison.Ordinal)).OrderBy(type => type.Name))
        {
            foreach (MethodInfo method in type.GetMethods(Statics).Where(IsKernel))
            {
                string name = $"{type.Name}.{method.Name}";
                if (!method.IsGenericMethod)
                {
                    result.Add(name, method);
                    continue;
                }
                if (type == typeof(ProductKernels))
                {
                    foreach ((Type a, Type b) in Operands)
                    {
                        foreach (Type tile in types.Where(tile => tile.IsValueType && tile.IsAssignableTo(typeof(IProductTile)))) result.Add($"{name}.{a.Name}.{b.Name}.{tile.Name}", method.MakeGenericMethod(a, b, tile));
                    }
                    continue;
                }
                Type contract = method.GetGenericArguments()[0].GetGenericParameterConstraints().Single(constraint => constraint.IsInterface && constraint.IsGenericType);
                foreach (Type op in types.Where(IsOp).Select(Close).Where(op => op.GetInterfaces().Contains(contract)))
                    result.Add($"{name}.{op.Name.Split('`')[0]}", method.MakeGenericMethod(op));
            }
        }
        return result;
    }

    private static bool IsKernel(MethodInfo method) =>
        !method.IsPrivate && method.ReturnType == typeof(void) && method.GetParameters().Any(parameter => parameter.ParameterType == typeof(ArrayView<float>) || parameter.ParameterType == typeof(ArrayView<int>));

    private static bool IsOp(Type type) => type.IsValueType && type.IsGenericTypeDefinition && type.Name.Contains("Op`", StringComparison.Ordinal);

    private static Type Close(Type op) => op.MakeGenericType(op.GetGenericArguments().Length == 1 ? [typeof(float)] : [typeof(float), typeof(GpuMath)]);
}
