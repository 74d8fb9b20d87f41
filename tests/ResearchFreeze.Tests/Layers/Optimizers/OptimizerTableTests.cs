using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Each optimizer on one weight of 1 with gradients that are given: what weight and state are after each step, worked out by the formulas in double. Settings are binary fractions, so that none is rounded.</summary>
public sealed class OptimizerTableTests
{
    private const float Rate = 0.125f, Decay = 0.125f;
    private static readonly double[] Gradients = [2, -1, 0.5, 0];

    [Fact]
    public void Adam() => Check(
        model => new AdamW(model, new Constant(Rate), 0.5f, 0.75f, 0.25f, Decay, coupled: true), Gradients,
        [
            [0.8881578947368421, 1.0625, 1.12890625],
            [0.8801019567100158, 0.08675986842105265, 1.04425116457107],
            [0.8464990191396327, 0.3483863065049023, 0.8762172605684779],
            [0.8219323956783172, 0.2270993419486782, 0.6599620102287193],
        ]);

    [Fact]
    public void RmsPropWithoutMomentum() => Check(
        model => new RmsProp(model, new Constant(Rate), 0.75f, 0.25f, 0, Decay), Gradients,
        [
            [0.7976190476190477, 1.12890625],
            [0.8859278398964389, 1.049313638215703],
            [0.8216776832501607, 0.8802363648206641],
            [0.8096127453259313, 0.662814594768433],
        ]);

    [Fact]
    public void RmsPropWithMomentum() => Check(
        model => new RmsProp(model, new Constant(Rate), 0.75f, 0.25f, 0.5f, Decay), Gradients,
        [
            [0.7976190476190477, 1.12890625, 1.619047619047619],
            [0.7847373637059627, 1.049313638215703, 0.1030534713046799],
            [0.7152688465956369, 0.8764137897541361, 0.5557481368826065],
            [0.6700107615588504, 0.6593088170144702, 0.36206468029429256],
        ]);

    /// <summary>Up, down twice, up twice: the last gradient is 0, but the mean is not.</summary>
    [Fact]
    public void Lion() => Check(
        model => new Lion(model, new Constant(Rate), 0.5f, 0.75f, Decay), [2, -1, -0.5, 0.25, 0],
        [
            [0.859375, 0.5],
            [0.970947265625, 0.125],
            [1.0807762145996094, -0.03125],
            [0.9388890862464905, 0.0390625],
            [0.7992189442738891, 0.029296875],
        ]);

    /// <summary>Where a weight never had a gradient but 0, its sign is 0: the decay alone moves it.</summary>
    [Fact]
    public void LionWithoutAGradientOnlyDecays() => Check(model => new Lion(model, new Constant(Rate), 0.5f, 0.75f, Decay), [0, 0], [[0.984375, 0], [0.968994140625, 0]]);

    private static void Check(Func<ModuleBase, Optimizer> make, double[] gradients, double[][] expected) => TestDevices.Each(device =>
    {
        using var model = new Sequential(("fc", new Linear(1, 1, bias: false)));
        model.Initialize(device, 1);
        Parameter weight = model.Parameters().Single();
        weight.Set([1]);
        using Optimizer optimizer = make(model);
        for (int step = 0; step < gradients.Length; step++)
        {
            using (new Scope())
            {
                // The weight's gradient is the input.
                model.Forward(Tensor.Full(device, [1, 1], gradients[step])).Sum().Backward();
                optimizer.Step();
                optimizer.ClearGradients();
            }
            double[] found = [Networks.Bits(weight)[0], .. optimizer.StateOf(weight).Select(tensor => Networks.Values(tensor)[0])];
            Assert.Equal(expected[step].Length, found.Length);
            for (int i = 0; i < found.Length; i++) Assert.Equal(expected[step][i], found[i], device is ReferenceDevice ? 1e-14 : 2e-6);
        }
    });
}
