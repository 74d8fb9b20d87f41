namespace ResearchFreeze.Autograd;

/// <summary>The element-wise kernels behind <see cref="Activation"/>. Each derivative needs the output alone, so a fused product keeps no second tensor.</summary>
internal static class ActivationKernels
{
    /// <summary>The kernel, or null for the identity.</summary>
    public static MapKernel? Kernel(this Activation activation) => activation switch
    {
        Activation.None => null,
        Activation.Relu => MapKernels.Relu,
        Activation.Tanh => MapKernels.Tanh,
        Activation.Sigmoid => MapKernels.Sigmoid,
        _ => throw new ArgumentOutOfRangeException(nameof(activation), $"Activation: unknown value {activation}."),
    };
}
