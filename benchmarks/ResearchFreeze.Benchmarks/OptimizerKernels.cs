using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>One update of one parameter of 2²⁰ elements: SGD without and with momentum, AdamW, and the sum of squares that the guard reads.</summary>
public class OptimizerKernels : KernelBenchmark
{
    private const int Elements = 1 << 20;

    public override IEnumerable<Work> Works =>
    [
        new("SGD", operands => Sgd(operands, momentum: 0)),
        new("SGD, momentum", operands => Sgd(operands, momentum: 0.9f)),
        new("AdamW", operands =>
        {
            (TensorRange w, TensorRange g, TensorRange guard) = (operands.Normal(Elements), operands.Normal(Elements), Guard(operands));
            (TensorRange m, TensorRange v) = (operands.Full(Elements, 0), operands.Full(Elements, 0));
            var step = new AdamStep(1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, Coupled: false, Step: 1000);
            return () => operands.Device.Adam(step, w, g, m, v, guard);
        }),
        new("sum of squares", operands =>
        {
            (TensorRange g, TensorRange result) = (operands.Normal(Elements), operands.Empty(1));
            return () => operands.Device.Norm(NormKind.SquaredL2, g, g, result);
        }),
    ];

    private static Action Sgd(Operands operands, float momentum)
    {
        (TensorRange w, TensorRange g, TensorRange guard) = (operands.Normal(Elements), operands.Normal(Elements), Guard(operands));
        TensorRange? velocity = momentum == 0 ? null : operands.Full(Elements, 0);
        var step = new SgdStep(0.01f, momentum, Nesterov: false, WeightDecay: 1e-4f);
        return () => operands.Device.Sgd(step, w, g, velocity, guard);
    }

    /// <summary>The state of a guard that lets steps pass unclipped.</summary>
    private static TensorRange Guard(Operands operands)
    {
        TensorRange guard = operands.Empty(3);
        operands.Device.Upload([1f, 0f, 0f], guard);
        return guard;
    }
}
