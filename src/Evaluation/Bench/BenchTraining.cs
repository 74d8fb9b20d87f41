using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>A model, an optimizer and one seeded batch, of noise or of random tokens, with a number of units frozen in front.</summary>
internal sealed class BenchTraining : IDisposable
{
    private readonly ModelSpec spec;
    private readonly Batch batch;

    public BenchTraining(ModelSpec spec, Device device, int samples, int frozenUnits)
    {
        this.spec = spec;
        Model = spec.On(device, spec.SampleShape, spec.Classes, 1);
        foreach (FreezeUnit unit in FreezeUnit.Of(Model).Take(frozenUnits))
        {
            foreach (Parameter parameter in unit.Parameters) parameter.IsFrozen = true;
        }
        Optimizer = UsesAdam(spec) ? new AdamW(Model, new Constant(1e-4f)) : new Sgd(Model, new Constant(0.01f), momentum: 0.9f, weightDecay: 1e-4f);
        batch = Draw(spec, device, samples);
    }

    public ModuleBase Model { get; }

    public Optimizer Optimizer { get; }

    public Batch Batch => batch;

    /// <summary>What updates the weights: as the model's recipe does, without what that adds to it.</summary>
    public static string OptimizerOf(ModelSpec spec) => UsesAdam(spec) ? "AdamW" : "SGD with momentum";

    public Tensor Forward() => spec.Forward(Model, batch);

    public Tensor CrossEntropy() => Loss.CrossEntropy(Forward(), batch.Labels);

    public void Backward() => CrossEntropy().Backward();

    /// <summary>A whole step, as <see cref="StepGraphs"/> takes it: gives the loss.</summary>
    public Tensor Step(IReadOnlyList<TensorBase> inputs)
    {
        using var scope = new Scope();
        Batch given = batch.With(inputs);
        Tensor loss = Loss.CrossEntropy(spec.Forward(Model, given), given.Labels);
        loss.Backward();
        Optimizer.Step();
        Optimizer.ClearGradients();
        return scope.Keep(loss);
    }

    /// <summary>The first of such samples as a probe batch.</summary>
    public ProbeBatch Probe()
    {
        const int Samples = 32;
        Batch probe = Draw(spec, batch.Labels.Device, Math.Min(Samples, batch.Count));
        return new ProbeBatch(Model, probe, samples => spec.Forward(Model, samples), outputs => Loss.CrossEntropy(outputs, probe.Labels));
    }

    public void Dispose()
    {
        foreach (TensorBase tensor in batch.Tensors) tensor.Dispose();
        Optimizer.Dispose();
        Model.Dispose();
    }

    private static bool UsesAdam(ModelSpec spec) => spec.Recipe.Optimizer.StartsWith("adam", StringComparison.Ordinal);

    private static Batch Draw(ModelSpec spec, Device device, int samples)
    {
        var random = new RandomStream(1, "bench");
        int[] places = [.. Enumerable.Range(0, samples)];
        Batch batch;
        if (spec.Vocabulary > 0)
        {
            int length = spec.SampleShape[0];
            int[] ids = Draw(random, samples * length, spec.Vocabulary), lengths = new int[samples];
            Array.Fill(lengths, length);
            batch = Batch.OfTokens(IntTensor.From(device, ids, [samples, length]), IntTensor.From(device, lengths), IntTensor.From(device, Draw(random, samples, spec.Classes)), places);
        }
        else
        {
            var values = new float[samples * spec.SampleShape.Count];
            for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextNormal();
            batch = new Batch(Tensor.From(device, values, [samples, .. spec.SampleShape.ToArray()]), IntTensor.From(device, Draw(random, samples, spec.Classes)), places);
        }
        foreach (TensorBase tensor in batch.Tensors) tensor.Detach();
        return batch;
    }

    private static int[] Draw(RandomStream random, int count, int most)
    {
        var drawn = new int[count];
        for (int i = 0; i < count; i++) drawn[i] = random.NextInt32(most);
        return drawn;
    }
}
