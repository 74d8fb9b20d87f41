using ResearchFreeze.Layers;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace ResearchFreeze.Peers;

/// <summary>
/// Theirs, of token ids: tables, blocks with libtorch's fused attention, cross entropy of the places' mean, AdamW. All samples are as long as the batch, so that there is no mask, which is libtorch's fast way. Units are frozen before
/// anything has run and are not in the optimizer; gradients are dropped and not set to zero, as PyTorch does unless told otherwise.
/// </summary>
internal sealed class TorchTokenStep : TorchStep
{
    private readonly TorchTransformer network;
    private readonly TorchSharp.Modules.OptimizerHelper optimizer;
    private readonly Parameter[] trainable;
    private readonly Tensor tokens, kinds, labels;

    public TorchTokenStep(string model, int batch, int frozen)
    {
        (TransformerPlan plan, int length) = TransformerPlan.Parse(model);
        using var _ = no_grad();
        network = new TorchTransformer(plan, Start, isFused: true);
        network.Freeze(frozen);
        tokens = randint(plan.Vocabulary, [batch, length], dtype: ScalarType.Int64);
        kinds = zeros_like(tokens);
        labels = randint(plan.Outputs, [batch], dtype: ScalarType.Int64);
        trainable = [.. network.Trainable.Select(p => p.Value)];
        optimizer = optim.AdamW(trainable, 1e-4, weight_decay: 0.01);
    }

    public override void Step()
    {
        using var scope = NewDisposeScope();
        foreach (Parameter parameter in trainable) parameter.grad = null;
        nn.functional.cross_entropy(network.Forward(tokens, kinds), labels).backward();
        optimizer.step();
    }

    /// <summary>Takes weights and batch of ours, and returns the outputs and the loss that they have here.</summary>
    public (double[] Outputs, double Loss) Take(OurStep ours)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        Dictionary<string, Parameter> theirs = network.Parameters.ToDictionary(p => p.Name, p => p.Value);
        foreach (Autograd.Parameter parameter in ours.Parameters)
        {
            if (!theirs.Remove(parameter.Path, out Parameter? to)) throw new InvalidOperationException($"ours has '{parameter.Path}', and theirs has not.");
            to.copy_(tensor(parameter.Value.ToArray(), to.shape));
        }
        if (theirs.Count > 0) throw new InvalidOperationException($"theirs has '{theirs.Keys.First()}', and ours has not.");
        Batch batch = ours.Batch;
        tokens.copy_(tensor(batch.Tokens!.ToArray(), tokens.shape));
        labels.copy_(tensor(batch.Labels.ToArray(), labels.shape));
        Tensor outputs = network.Forward(tokens, kinds);
        return (TrainingGolden.Values(outputs), TrainingGolden.Values(nn.functional.cross_entropy(outputs, labels))[0]);
    }

    public override void Dispose()
    {
        foreach (Tensor one in (Tensor[])[tokens, kinds, labels]) one.Dispose();
        optimizer.Dispose();
        network.Dispose();
    }

    private static Tensor Start(string name, long[] shape) =>
        name.EndsWith(".gamma", StringComparison.Ordinal) ? ones(shape) : shape.Length == 1 ? zeros(shape) : randn(shape).mul_(0.02);
}
