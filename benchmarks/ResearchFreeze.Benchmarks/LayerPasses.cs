using BenchmarkDotNet.Attributes;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Benchmarks;

/// <summary>
/// Forward and backward of single layers while the layer and what is before it train, while its weights are frozen (only the input gradient is left), while its input needs no gradient (only the weight gradient)
/// and while both are frozen (no backward pass at all). A frozen batch norm normalises by its running moments, the default. What should be seen: for a product three, two, two and one third of the operations.
/// A layer without weights has no other cases than with and without an input gradient.
/// </summary>
[MemoryDiagnoser]
public class LayerPasses : WorkBenchmark
{
    public override IEnumerable<Work> Works =>
    [
        .. Modes("linear 512-512, relu", [128, 512], () => new Linear(512, 512, activation: Activation.Relu)),
        .. Modes("conv 3x3 64-64, relu", [64, 16, 16, 64], () => new Conv2d(64, 64, 3, padding: 1, activation: Activation.Relu)),
        .. Modes("batch norm, relu", [64, 16, 16, 64], () => new BatchNorm(64, activation: Activation.Relu)),
        .. Modes("residual block", [64, 16, 16, 64], () => new BasicBlock(64, 64)),
        Pass("max pool 2x2: input trains", [64, 16, 16, 64], () => new MaxPool2d(2), weights: false, input: true),
        Pass("max pool 2x2: input frozen", [64, 16, 16, 64], () => new MaxPool2d(2), weights: false, input: false),
    ];

    private static IEnumerable<Work> Modes(string name, Shape shape, Func<Module> make)
    {
        yield return Pass($"{name}: all train", shape, make, weights: true, input: true);
        yield return Pass($"{name}: weights frozen", shape, make, weights: false, input: true);
        yield return Pass($"{name}: input frozen", shape, make, weights: true, input: false);
        yield return Pass($"{name}: both frozen", shape, make, weights: false, input: false);
    }

    private static Work Pass(string name, Shape shape, Func<Module> make, bool weights, bool input) => new(name, operands =>
    {
        Module module = operands.Own(make());
        module.Initialize(operands.Device, 1);
        if (!weights && module.HasParameters) module.Freeze();
        // A parameter as input: its gradient is wanted unless it is frozen, as an activation's is by what is upstream.
        Parameter x = operands.Own(new Parameter("input", shape) { IsFrozen = !input });
        x.Materialize(operands.Device);
        operands.Device.Copy(operands.Normal(shape.Count), x.Value.Range);
        Tensor dy = operands.Normal(OutputShape(module, x));
        return () =>
        {
            using var scope = new Scope();
            Tensor y = module.Forward(x);
            if (y.RequiresGrad) y.Backward(dy, ParameterSink.Instance);
            module.ClearGradients();
            x.ClearGrad();
        };
    });

    private static Shape OutputShape(Module module, Parameter x)
    {
        using var mode = GradMode.Disable();
        using var scope = new Scope();
        return module.Forward(x).Shape;
    }
}
