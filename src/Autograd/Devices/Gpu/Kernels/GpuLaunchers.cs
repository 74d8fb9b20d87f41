using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;
using Integers = ILGPU.ArrayView<int>;
using Reals = ILGPU.ArrayView<float>;

// ILGPU compiles what it launches on its simulator into this assembly, which must see the kernels' argument structs.
[assembly: InternalsVisibleTo("ILGPURuntime")]

namespace ResearchFreeze.Autograd;

/// <summary>
/// A device's compiled kernels, each with a typed launcher: compiled when first used, then kept, so that a steady step compiles nothing and a launch
/// allocates nothing. Taking a launcher counts as a launch: take it anew for each.
/// </summary>
internal sealed partial class GpuLaunchers(Device device, Accelerator accelerator, bool hasGenericAddressSpace, CompiledKernels kernels, KernelCounters counters)
{
    private readonly Dictionary<Delegate, Kernel> kernelOf = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Type, Delegate> maps = [], mapsBackward = [], zips = [], zipsBroadcast = [], products = [];

    public Action<AcceleratorStream, KernelConfig, Reals, float> Fill => Load(ref field, ElementwiseKernels.Fill);

    public Action<AcceleratorStream, KernelConfig, float, Reals, float, Reals> AddScaled => Load(ref field, ElementwiseKernels.AddScaled);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals> RestoreWhere => Load(ref field, ElementwiseKernels.RestoreWhere);

    public Action<AcceleratorStream, KernelConfig, Reals, ArrayView<ushort>> ToBFloat16 => Load(ref field, BFloat16Kernels.To);

    public Action<AcceleratorStream, KernelConfig, ArrayView<ushort>, Reals> FromBFloat16 => Load(ref field, BFloat16Kernels.From);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, BroadcastWalk, float, float> Expand => Load(ref field, ElementwiseKernels.Expand);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, ReduceWalk, int, int, int, float, float> ReduceByThread =>
        Load(ref field, ReduceKernels.ByThread);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, ReduceWalk, int, int, int, float, float> ReduceByGroup =>
        Load(ref field, ReduceKernels.ByGroup);

    public Action<AcceleratorStream, KernelConfig, Bundle16<NormItem>, Reals, Reals, int> Norms => Load(ref field, NormKernels.OfChunks);

    public Action<AcceleratorStream, KernelConfig, Bundle<DistanceItem>, Reals, Reals> Distances => Load(ref field, NormKernels.Distances);

    public Action<AcceleratorStream, KernelConfig, Bundle16<NormEnd>, Reals, Reals> FinishNorms => Load(ref field, NormKernels.Finish);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, ProductArguments> AddChunks => Load(ref field, ChunkKernels.Add);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, float, float> UpdateMoments => Load(ref field, RunningMomentsKernels.UpdateMoments);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, int> Softmax => Load(ref field, SoftmaxKernels.Softmax);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, int, float> SoftmaxBackward => Load(ref field, SoftmaxKernels.SoftmaxBackward);

    public Action<AcceleratorStream, KernelConfig, Reals, Integers, Reals, Reals, Reals, CrossEntropyArguments> CrossEntropyRows =>
        Load(ref field, CrossEntropyKernels.Rows);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, int> CrossEntropyFinish => Load(ref field, CrossEntropyKernels.Finish);

    public Action<AcceleratorStream, KernelConfig, Reals, Integers, Reals, Reals, Reals, Reals, CrossEntropyArguments, float> CrossEntropyBackward =>
        Load(ref field, CrossEntropyKernels.Backward);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, ulong, ulong, Integers, int, uint, float, float> Dropout => Load(ref field, DropoutKernels.Dropout);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, Integers, Reals, CellArguments> LstmCell => Load(ref field, LstmKernels.Next);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Integers, Reals, Reals, CellArguments, float> LstmGateGradient => Load(ref field, LstmKernels.GateGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Integers, Reals, Reals, CellArguments, float> LstmStateGradient => Load(ref field, LstmKernels.StateGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Integers, Reals, CellArguments> GruCell => Load(ref field, GruKernels.Next);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Integers, Reals, Reals, CellArguments, float> GruGateGradient => Load(ref field, GruKernels.GateGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Integers, Reals, Reals, CellArguments, float> GruStateGradient => Load(ref field, GruKernels.StateGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Integers, Reals, Reals, Reals, AttentionArguments> Attention => Load(ref field, AttentionKernels.Forward);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Integers, Reals, Reals, Reals, Reals, Reals, AttentionArguments, float> AttentionQueryGradient =>
        Load(ref field, AttentionKernels.QueryGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Integers, Reals, Reals, Reals, Reals, Reals, Reals, AttentionArguments, float, float> AttentionKeyGradient =>
        Load(ref field, AttentionKernels.KeyGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, float, Reals> Guard => Load(ref field, StepKernels.Guard);

    public Action<AcceleratorStream, KernelConfig, Bundle<SgdItem>, Reals, Reals, int> Sgd => Load(ref field, StepKernels.Sgd);

    public Action<AcceleratorStream, KernelConfig, Bundle<AdamItem>, Reals, Reals, AdamArguments> Adam => Load(ref field, StepKernels.Adam);

    public Action<AcceleratorStream, KernelConfig, Bundle<RmsPropItem>, Reals, Reals, RmsPropArguments> RmsProp => Load(ref field, StepKernels.RmsProp);

    public Action<AcceleratorStream, KernelConfig, Bundle<LionItem>, Reals, Reals, int> Lion => Load(ref field, StepKernels.Lion);

    public Action<AcceleratorStream, KernelConfig, Reals, int, Reals, int, BroadcastWalk, int, float> CopyBox =>
        Load(ref field, ViewKernels.CopyBox);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Integers, ReduceWalk, int, int> ReduceMaxByThread =>
        Load(ref field, ExtremeKernels.ByThread);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Integers, ReduceWalk, int, int> ReduceMaxByGroup =>
        Load(ref field, ExtremeKernels.ByGroup);

    public Action<AcceleratorStream, KernelConfig, Integers, Reals, Reals, BroadcastWalk, float> ReduceMaxBackward =>
        Load(ref field, ExtremeKernels.Backward);

    public Action<AcceleratorStream, KernelConfig, Reals, Integers, Reals, int, int> GatherRows =>
        Load(ref field, RowKernels.Gather);

    public Action<AcceleratorStream, KernelConfig, Integers, Integers, Integers, int> LinkRows =>
        Load(ref field, RowKernels.Link);

    public Action<AcceleratorStream, KernelConfig, Integers, Integers, Integers, Reals, Reals, int> ScatterRows =>
        Load(ref field, RowKernels.Scatter);

    public Action<AcceleratorStream, KernelConfig, Reals, Integers, int, int, int> TopIndices =>
        Load(ref field, IndexKernels.Top);

    public Action<AcceleratorStream, KernelConfig, Integers, Integers, int, int> AxisIndices =>
        Load(ref field, IndexKernels.Axis);

    public Action<AcceleratorStream, KernelConfig, Integers, Integers, int, int, int> FlatIndices =>
        Load(ref field, IndexKernels.Flat);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, ConvolutionArguments> Conv2d =>
        Load(ref field, ConvolutionKernels.Forward);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, ConvolutionArguments, float> Conv2dInputGradient =>
        Load(ref field, ConvolutionKernels.InputGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, ConvolutionArguments, ChannelTiles, float> Conv2dWeightGradient =>
        Load(ref field, ConvolutionKernels.WeightGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Integers, PoolingArguments, int> MaxPool =>
        Load(ref field, PoolingKernels.MaxPool);

    public Action<AcceleratorStream, KernelConfig, Integers, Reals, Reals, PoolingArguments, float> MaxPoolBackward =>
        Load(ref field, PoolingKernels.MaxPoolBackward);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, PoolingArguments> AveragePool =>
        Load(ref field, PoolingKernels.AveragePool);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, PoolingArguments, float> AveragePoolBackward =>
        Load(ref field, PoolingKernels.AveragePoolBackward);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, ChannelTiles> Moments =>
        Load(ref field, MomentsKernels.OfChunks);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, Reals, ChannelTiles> MergeMoments =>
        Load(ref field, MomentsKernels.Merge);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, Reals, Reals, Reals, BatchNormArguments> BatchNorm =>
        Load(ref field, BatchNormKernels.Normalise);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, Reals, ChannelTiles, float, float> BatchNormScaleGradient =>
        Load(ref field, BatchNormKernels.ScaleGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, Reals, Reals, Reals, Reals, BatchNormArguments, float> BatchNormInputGradient =>
        Load(ref field, BatchNormKernels.InputGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, BatchNormArguments, float> BatchNormScale =>
        Load(ref field, BatchNormKernels.Scale);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, Reals, Reals, Reals, Reals, Reals, Reals, ChannelTiles, BatchNormArguments> FusedBatchNorm =>
        Load(ref field, FusedBatchNormKernels.Normalise);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, Reals, Reals, ChannelTiles, int> FusedBatchNormSums =>
        Load(ref field, FusedBatchNormKernels.GradientSums);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, Reals, Reals, Reals, Reals, Reals, ChannelTiles, float, float> FusedBatchNormInputGradient =>
        Load(ref field, FusedBatchNormKernels.InputGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, Reals, GroupNormArguments> GroupNorm =>
        Load(ref field, GroupNormKernels.Forward);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, Reals, GroupNormArguments, float> GroupNormInputGradient =>
        Load(ref field, GroupNormKernels.InputGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, ChannelTiles, GroupNormArguments, float> GroupNormScaleGradient =>
        Load(ref field, GroupNormKernels.ScaleGradient);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, int> LogSoftmax =>
        Load(ref field, LogSoftmaxKernels.LogSoftmax);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, int, float> LogSoftmaxBackward =>
        Load(ref field, LogSoftmaxKernels.LogSoftmaxBackward);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, float, TOp> Map<TOp>()
        where TOp : unmanaged, IMapOp<float> =>
        Load<Reals, Reals, float, TOp>(maps, typeof(TOp), ElementwiseKernels.Map<TOp>);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, float, TOp> MapBackward<TOp>()
        where TOp : unmanaged, IMapOp<float> =>
        Load<Reals, Reals, Reals, Reals, float, TOp>(mapsBackward, typeof(TOp), ElementwiseKernels.MapBackward<TOp>);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, float, TOp> Zip<TOp>()
        where TOp : unmanaged, IZipOp<float> =>
        Load<Reals, Reals, Reals, float, TOp>(zips, typeof(TOp), ElementwiseKernels.Zip<TOp>);

    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, BroadcastWalk, float, TOp> ZipBroadcast<TOp>()
        where TOp : unmanaged, IZipOp<float> =>
        Load<Reals, Reals, Reals, BroadcastWalk, float, TOp>(
            zipsBroadcast, typeof(TOp), ElementwiseKernels.ZipBroadcast<TOp>);

    /// <summary>The product of these operands with tiles of this shape; where the tile is one of matrix instructions, in this precision, by a card's instruction or its portable twin.</summary>
    public Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, TA, TB, ProductArguments> Product<TA, TB>(ProductTile tile, Precision precision, bool isCard)
        where TA : unmanaged, ITileSource
        where TB : unmanaged, ITileSource =>
        tile switch
        {
            >= ProductTile.LargeCore => (precision, isCard) switch
            {
                (Precision.TF32, true) => CoreProduct<TA, TB, CudaTf32>(tile),
                (Precision.TF32, false) => CoreProduct<TA, TB, PortableTf32>(tile),
                (_, true) => CoreProduct<TA, TB, CudaBFloat16>(tile),
                _ => CoreProduct<TA, TB, PortableBFloat16>(tile),
            },
            ProductTile.Large => Product<TA, TB, LargeTile>(),
            ProductTile.Small => Product<TA, TB, SmallTile>(),
            ProductTile.Tall16 => Product<TA, TB, Tall16Tile>(),
            ProductTile.Tall32 => Product<TA, TB, Tall32Tile>(),
            ProductTile.Flat16 => Product<TA, TB, Flat16Tile>(),
            _ => Product<TA, TB, Flat32Tile>(),
        };

    private Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, TA, TB, ProductArguments> Product<TA, TB, TTile>()
        where TA : unmanaged, ITileSource
        where TB : unmanaged, ITileSource
        where TTile : struct, IProductTile =>
        Load<Reals, Reals, Reals, Reals, TA, TB, ProductArguments>(products, typeof((TA, TB, TTile)), ProductKernels.Tiled<TA, TB, TTile>);

    private Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, TA, TB, ProductArguments> CoreProduct<TA, TB, TCore>(ProductTile tile)
        where TA : unmanaged, ITileSource
        where TB : unmanaged, ITileSource
        where TCore : struct, IMatrixCore =>
        tile switch
        {
            ProductTile.LargeCore => CoreProduct<TA, TB, TCore, LargeCoreTile>(),
            ProductTile.SmallCore => CoreProduct<TA, TB, TCore, SmallCoreTile>(),
            ProductTile.TallCore => CoreProduct<TA, TB, TCore, TallCoreTile>(),
            _ => CoreProduct<TA, TB, TCore, FlatCoreTile>(),
        };

    private Action<AcceleratorStream, KernelConfig, Reals, Reals, Reals, Reals, TA, TB, ProductArguments> CoreProduct<TA, TB, TCore, TTile>()
        where TA : unmanaged, ITileSource
        where TB : unmanaged, ITileSource
        where TCore : struct, IMatrixCore
        where TTile : struct, ICoreTile =>
        Load<Reals, Reals, Reals, Reals, TA, TB, ProductArguments>(products, typeof((TA, TB, TCore, TTile)), CoreKernels.Tiled<TA, TB, TCore, TTile>);

    private CompiledKernel Compile(MethodInfo kernel)
    {
        CompiledKernel compiled = accelerator.GetBackend().Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), default);
        return hasGenericAddressSpace ? compiled : GpuDrivers.WithoutGenericAddressSpace(compiled);
    }

    private TLauncher Compile<TLauncher>(Delegate kernel)
        where TLauncher : Delegate
    {
        try
        {
            Kernel loaded = accelerator.LoadKernel(kernels.Get(kernel.Method, Compile));
            TLauncher launcher = loaded.CreateLauncherDelegate<TLauncher>();
            counters.Add(launcher, kernel.Method);
            kernelOf.Add(launcher, loaded);
            return launcher;
        }
        catch (Exception e) when (e is InternalCompilerException or AcceleratorException or NotSupportedException)
        {
            string op = kernel.Method.IsGenericMethod ? $" of {kernel.Method.GetGenericArguments()[0].Name}" : "";
            string reason = (e.InnerException ?? e).Message;
            throw new NotSupportedException(
                $"{kernel.Method.Name}{op} does not compile for a GPU ({reason}); a formula may use arithmetic, comparisons, its own fields and TMath only.", e);
        }
    }
}
