namespace ResearchFreeze.Autograd;

/// <summary>The element-wise kernels behind <see cref="Activation"/>. Each derivative needs the output alone, so a fused product keeps no second tensor.</summary>
internal static class ActivationKernels
{
    private static readonly MapKernel Relu = Tensor.ReluKernel, Tanh = Tensor.TanhKernel, Sigmoid = Tensor.SigmoidKernel;

    /// <summary>The kernel, or null for the identity.</summary>
    public static MapKernel? Kernel(this Activation activation) => activation switch
    {
        Activation.None => null,
        Activation.Relu => Relu,
        Activation.Tanh => Tanh,
        Activation.Sigmoid => Sigmoid,
        _ => throw new ArgumentOutOfRangeException(nameof(activation), $"Activation: unknown value {activation}."),
    };
}
