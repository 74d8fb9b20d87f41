namespace ResearchFreeze.Autograd;

internal static partial class MapKernels
{
    private const double SeluAlpha = 1.6732632423543772, SeluScale = 1.0507009873554805;

    public static readonly MapKernel Selu = MapKernel.Of(
        "selu", MapUse.Input, new EluOp<double, DoubleMath>(SeluAlpha, SeluScale, 0.5),
        new EluOp<float, CpuMath>((float)SeluAlpha, (float)SeluScale, 0.5f), new EluOp<float, GpuMath>((float)SeluAlpha, (float)SeluScale, 0.5f));
}

public sealed partial class Tensor
{
    private static readonly MapFunction SeluFunction = new(MapKernels.Selu);

    /// <summary>y = 1.0507·x where x > 0, else 1.0507·1.6733·(eˣ − 1): mean 0 and variance 1 pass through it (Klambauer et al. 2017). Element by element.</summary>
    public Tensor Selu() => SeluFunction.Apply([this]);
}
