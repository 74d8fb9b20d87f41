using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>The kernels of matrix instructions: every pair of operands that a device multiplies, in every format and tile, compiled to PTX without a GPU. Each in a context of its own, as what ILGPU makes of a kernel depends on what its context has compiled before.</summary>
internal static class GpuCorePtx
{
    private static readonly (Type A, Type B)[] Pairs =
    [
        (typeof(MatrixRows), typeof(MatrixRows)), (typeof(MatrixRows), typeof(MatrixColumns)), (typeof(MatrixColumns), typeof(MatrixRows)), (typeof(MatrixColumns), typeof(MatrixColumns)), (typeof(Patches), typeof(MatrixRows)),
        (typeof(GradientPatches), typeof(TapWeights)), (typeof(StridedGradientPatches), typeof(StridedTapWeights)), (typeof(MatrixColumns), typeof(PixelPatches)),
    ];

    private static readonly Type[] Cores = [typeof(CudaTf32), typeof(CudaBFloat16)];
    private static readonly Type[] Tiles = [typeof(LargeCoreTile), typeof(SmallCoreTile), typeof(TallCoreTile), typeof(FlatCoreTile)];

    /// <summary>All of them, by the name that <see cref="KernelCounters"/> gives.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> Kernels { get; } =
        (from pair in Pairs from core in Cores from tile in Tiles select (Type[])[pair.A, pair.B, core, tile]).ToDictionary(
            types => $"{nameof(CoreKernels)}.{nameof(CoreKernels.Tiled)}.{string.Join('.', types.Select(type => type.Name))}",
            types => typeof(CoreKernels).GetMethod(nameof(CoreKernels.Tiled), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(types));

    /// <summary>A few that have every operand, tile and format among them: what is looked at each time.</summary>
    public static IEnumerable<string> Some => Kernels.Keys.Where((_, i) => i % 9 == 4);

    public static string Compile(string kernel, CudaTarget target)
    {
        using Context context = Context.Create(builder => builder.EnableAlgorithms());
        using var backend = new PTXBackend(context, new CudaCapabilityContext(target.Architecture), target.Architecture, target.InstructionSet, null);
        return ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(Kernels[kernel]), default)).PTXAssembly;
    }

    public static bool IsBFloat16(string kernel) => kernel.Contains(nameof(CudaBFloat16), StringComparison.Ordinal);

    public static int ThreadsOf(string kernel) => kernel.EndsWith(nameof(LargeCoreTile), StringComparison.Ordinal) ? 256 : 128;

    /// <summary>Bytes of shared memory that a launch asks for; the assembler sees none of them.</summary>
    public static int SharedBytesOf(string kernel)
    {
        Type tile = Kernels[kernel].GetGenericArguments()[3];
        int Of(string name) => (int)tile.GetProperty(name)!.GetValue(null)!;
        return 2 * ((Of(nameof(ICoreTile.WarpsM)) * Of(nameof(ICoreTile.Blocks)) * 16) + (Of(nameof(ICoreTile.WarpsN)) * 32)) * CoreLayout.Pitch * 4;
    }
}
