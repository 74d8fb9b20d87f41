using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>A backward pass inside a function: activation checkpointing, which keeps a part's input alone and runs the part again.</summary>
public sealed class RerunTests
{
    private const int Rows = 6, In = 5, Width = 7, Classes = 3;
    private static readonly CostKind[] Kinds = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient];

    [Theory]
    [InlineData(0b0000)]
    [InlineData(0b0001)]
    [InlineData(0b0010)]
    [InlineData(0b0111)]
    [InlineData(0b1110)]
    public void GradientsAreThoseOfThePlainPassAndWorkIsBookedAsWhatItIs(int frozen) => TestDevices.Each(device =>
    {
        using Sequential model = Mlp(device, frozen);
        (double[]?[] plain, Cost[,] plainCosts, long plainSaved) = Step(device, model, inputs => model.ForwardRange(Part(model, model.ForwardRange(inputs, 0, 1)), 3, 4));
        (double[]?[] again, Cost[,] costs, long saved) = Step(device, model, inputs => Checkpointed(model, inputs));
        Assert.Equal(plain, again);
        // Layers 1 and 2 run a second time, as forward work of their own units, where a gradient goes through them; gradients cost what they did.
        bool reruns = (frozen & 0b0111) != 0b0111;
        using var scope = new Scope();
        for (int unit = 0; unit <= 4; unit++)
        {
            Assert.Equal(plainCosts[unit, 1], costs[unit, 1]);
            Assert.Equal(plainCosts[unit, 2], costs[unit, 2]);
            Assert.Equal(plainCosts[unit, 0].Flops * (reruns && unit is 2 or 3 ? 2 : 1), costs[unit, 0].Flops);
        }
        if (frozen == 0) Assert.True(saved < plainSaved, $"{saved} bytes kept, {plainSaved} without.");
    });

    /// <summary>What a part begins with has no parameters, and what it works on was made before: run again it is the work of the call's unit, not nobody's.</summary>
    [Fact]
    public void APartThatBeginsWithoutParametersIsBookedUnderAUnitWhenItIsRunAgain() => TestDevices.Each(device =>
    {
        using Sequential model = Mlp(device, 0);
        (double[]?[] plain, Cost[,] plainCosts, _) = Step(device, model, inputs => model.ForwardRange(Begun(model.ForwardRange(inputs, 0, 1)), 2, 4));
        var checkpoint = new Checkpoint(Begun, [.. model[1].Parameters()]);
        (double[]?[] again, Cost[,] costs, _) = Step(device, model, inputs => model.ForwardRange(checkpoint.Run(model.ForwardRange(inputs, 0, 1)), 2, 4));
        Assert.Equal(plain, again);
        for (int kind = 0; kind < Kinds.Length; kind++) Assert.Equal(plainCosts[0, kind], costs[0, kind]);
        // Once more, all of it: the function of elements too, which has no operations, but launches and bytes.
        Assert.Equal(Sum(plainCosts, 0).Launches + 2, Sum(costs, 0).Launches);
        Assert.Equal(Sum(plainCosts, 1).Launches, Sum(costs, 1).Launches);

        Tensor Begun(Tensor x) => model.ForwardRange(x.Tanh(), 1, 2);

        static Cost Sum(Cost[,] costs, int kind) => Enumerable.Range(0, 5).Aggregate(default(Cost), (sum, unit) => sum + costs[unit, kind]);
    });

    [Fact]
    public void ACheckpointInACheckpointIsFineToo() => TestDevices.Each(device =>
    {
        using Sequential model = Mlp(device, 0);
        (double[]?[] plain, _, _) = Step(device, model, inputs => model.Forward(inputs));
        var inner = new Checkpoint(x => model.ForwardRange(x, 1, 2), [.. model[1].Parameters()]);
        var outer = new Checkpoint(x =>
        {
            using Tensor y = model.ForwardRange(x, 0, 1);
            return inner.Run(y);
        }, [.. model[0].Parameters(), .. model[1].Parameters()]);
        Assert.Equal(plain, Step(device, model, inputs => model.ForwardRange(outer.Run(inputs), 2, 4)).Gradients);
    });

    [Fact]
    public void GradientsOfAPassThatACallRunsByItselfAreBookedAsWhatTheyAre() => TestDevices.Each(device =>
    {
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        (_, Cost[,] plain, _) = Step(device, model, inputs => model.Forward(inputs.AsLeaf()));
        (_, Cost[,] costs, _) = Step(device, model, inputs => new OwnPass(x => model.ForwardRange(x, 1, 2)).Run(model.ForwardRange(inputs.AsLeaf(), 0, 1)));
        Assert.Equal(plain[0, 2].Flops, costs[0, 2].Flops);
        // The part runs again, within what is done for the input's gradient.
        Assert.Equal(plain[0, 1].Flops + (2L * Rows * Width * Classes), costs[0, 1].Flops);
    });

    [Fact]
    public void WhatWasWantedInTheForwardPassIsWantedStill() => TestDevices.Each(device =>
    {
        using Sequential model = Mlp(device, 0b0010);
        using var scope = new Scope();
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
        Tensor loss = Loss.CrossEntropy(Checkpointed(model, inputs), labels);
        model[1].Unfreeze();
        model[2].Freeze();      // takes effect at the next forward pass, which a part that is run again is not
        using (GradMode.Disable()) loss.Backward();
        Assert.Equal([true, true, false, false, true, true, true, true], model.Parameters().Select(parameter => parameter.Grad is not null));
        model.ClearGradients();
    });

    [Fact]
    public void AProbesWorkStaysTheProbes() => TestDevices.Each(device =>
    {
        using Sequential model = Mlp(device, 0b0111);
        Cost[] before = [.. Kinds.Select(device.Counters.Of)];
        using (device.Counters.For(CostKind.Probe))
        using (new Scope())
        using (GradMode.Override(_ => true))
        {
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
            Loss.CrossEntropy(Checkpointed(model, inputs), labels).Backward();
        }
        Assert.Equal(before, Kinds.Select(device.Counters.Of));
        Assert.All(model.Parameters(), parameter => Assert.NotNull(parameter.Grad));
        model.ClearGradients();
    });

    [Fact]
    public void AParameterThatIsNoInputIsNamed()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Mlp(device, 0);
        using var scope = new Scope();
        var checkpoint = new Checkpoint(x => model.ForwardRange(x, 0, 2), [.. model[0].Parameters()]);
        Tensor loss = checkpoint.Run(Networks.Batch(device, Rows, In, Classes).Inputs).Sum();
        Assert.Equal("Rerun: the part has a gradient of 'fc2.weight', which is no input of the call.", Assert.Throws<InvalidOperationException>(loss.Backward).Message);
        Assert.Equal(0, device.Counters.SavedBytes);
        model.ClearGradients();
    }

    private static Sequential Mlp(Device device, int frozen)
    {
        Sequential model = Networks.Mlp(device, In, Width, Width, Width, Classes);
        for (int i = 0; i < model.Count; i++)
        {
            if ((frozen >> i & 1) != 0) model[i].Freeze();
            foreach (Parameter parameter in model[i].Parameters()) parameter.Unit = i + 1;
        }
        return model;
    }

    /// <summary>The second and third layer, and between them an operation without parameters: the second one's work.</summary>
    private static Tensor Part(Sequential model, Tensor x) => model.ForwardRange(model.ForwardRange(x, 1, 2).Tanh(), 2, 3);

    /// <summary>The model with its second and third layer in a checkpoint.</summary>
    private static Tensor Checkpointed(Sequential model, Tensor inputs)
    {
        var checkpoint = new Checkpoint(x => Part(model, x), [.. model[1].Parameters(), .. model[2].Parameters()]);
        return model.ForwardRange(checkpoint.Run(model.ForwardRange(inputs, 0, 1)), 3, 4);
    }

    private static (double[]?[] Gradients, Cost[,] Costs, long Saved) Step(Device device, Sequential model, Func<Tensor, Tensor> forward)
    {
        Cost[,] before = Costs(device);
        long saved;
        using (var scope = new Scope())
        {
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
            Tensor loss = Loss.CrossEntropy(forward(inputs), labels);
            saved = device.Counters.SavedBytes;
            loss.Backward();
        }
        Cost[,] after = Costs(device);
        for (int unit = 0; unit < after.GetLength(0); unit++)
        {
            for (int kind = 0; kind < Kinds.Length; kind++) after[unit, kind] -= before[unit, kind];
        }
        double[]?[] gradients = [.. model.Parameters().Select(parameter => parameter.Grad is { } gradient ? Networks.Values(gradient) : null)];
        model.ClearGradients();
        return (gradients, after, saved);
    }

    private static Cost[,] Costs(Device device)
    {
        var costs = new Cost[5, Kinds.Length];
        for (int unit = 0; unit < 5; unit++)
        {
            for (int kind = 0; kind < Kinds.Length; kind++) costs[unit, kind] = device.Counters.Of(unit, Kinds[kind]);
        }
        return costs;
    }

    /// <summary>A checkpoint as a user writes it who does not know <see cref="BackwardContext.Rerun"/>: the parameters' gradients go to the parameters.</summary>
    private sealed class OwnPass(Func<Tensor, Tensor> part) : Function
    {
        private Tensor? kept;

        public override string Name => "own-pass";

        public Tensor Run(Tensor x)
        {
            kept = x;
            return Apply(x);
        }

        public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
        {
            using GradMode.Restore mode = GradMode.Disable();
            return part((Tensor)inputs[0]);
        }

        public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
        {
            using Tensor leaf = kept!.AsLeaf();
            part(leaf).Backward(dy, ParameterSink.Instance);
            dx.Pass(leaf.Grad!);
        }
    }

    private sealed class Checkpoint(Func<Tensor, Tensor> part, Parameter[] parameters) : Function
    {
        public override string Name => "checkpoint";

        public Tensor Run(Tensor x) => Apply([x, .. parameters.Select(parameter => parameter.Value)]);

        public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
        {
            context.Save(0, inputs[0], InputSet.All(inputs.Length));
            using GradMode.Restore mode = GradMode.Disable();
            return part((Tensor)inputs[0]);
        }

        public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx) => throw new InvalidOperationException("All gradients come together.");

        public override void BackwardMany(InputSet wanted, BackwardContext context, Tensor dy) => context.Rerun(dy, kept => part(kept[0]), parameters);
    }
}
