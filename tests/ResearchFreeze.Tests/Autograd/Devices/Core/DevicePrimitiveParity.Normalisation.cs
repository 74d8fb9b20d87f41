using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Normalisation over the batch and within a sample, log-softmax.
public abstract partial class DevicePrimitiveParity
{
    private IEnumerable<BatchNormShape> BatchNorms => BatchNormTable().Concat(BatchNormsAtRandom(30)).Where(shape => shape.Rows * shape.Channels <= MaxElements);

    private IEnumerable<GroupNormShape> GroupNorms => GroupNormTable().Concat(GroupNormsAtRandom(40)).Where(shape => shape.Count <= MaxElements);

    [Fact]
    public void MomentsAreThoseOfTwoPasses()
    {
        foreach (BatchNormShape shape in BatchNorms)
        {
            foreach ((double center, double spread) in ((double, double)[])[(0, 1), (-0.3, 5), (1000, 1), (-20_000, 4), (0.125, 0)])
            {
                double[] values = Draw(shape.Rows * shape.Channels, center - spread, center + spread);
                for (int c = 0; c < shape.Channels && center == 1000; c += 3) values[c] = -7000;          // a first row like no other
                Twin x = Keep(Twin.Of("x", values, reference, Device)), mean = Garbage("mean", shape.Channels), variance = Garbage("variance", shape.Channels);
                foreach (Device on in Both()) on.Moments(shape, x.On(on), mean.On(on), variance.On(on));
                string label = $"{shape} {center} ± {spread}";
                // A first row like no other makes a mean of large parts that cancel: where sums are float32, as on a GPU, it is held to the deviation below.
                if (Device is CpuDevice || center != 1000) Check(label, mean);
                Check(label, variance, x);

                // Relative to each channel's own deviation, and no worse than the mean's last digit.
                double[] means = mean.Values(reference), variances = variance.Values(reference), foundMeans = mean.Values(Device), found = variance.Values(Device);
                for (int c = 0; c < shape.Channels; c++)
                {
                    double allowed = (2e-7 * Math.Abs(means[c])) + (1e-6 * Math.Sqrt(variances[c]));
                    Assert.True(Math.Abs(foundMeans[c] - means[c]) <= allowed, $"{label}: mean {c} is {foundMeans[c]:R}, expected {means[c]:R} ± {allowed:R}.");
                    Assert.True(Math.Abs(found[c] - variances[c]) <= 1e-5 * variances[c], $"{label}: variance {c} is {found[c]:R}, expected {variances[c]:R}.");
                }
                Release();
            }
        }
    }

    [Fact]
    public void MomentsShowWhatIsNotFinite()
    {
        var shape = new BatchNormShape(300, 5, 1e-5f);
        double[] values = Draw(1500, -1, 1);
        (values[501], values[998], values[1494]) = (double.NaN, double.PositiveInfinity, double.NegativeInfinity);     // channels 1, 3, 4
        Twin x = Keep(Twin.Of("x", values, reference, Device)), mean = Garbage("mean", 5), variance = Garbage("variance", 5);
        foreach (Device on in Both()) on.Moments(shape, x.On(on), mean.On(on), variance.On(on));
        double[] means = mean.Values(Device), variances = variance.Values(Device);
        for (int c = 0; c < 5; c++) Assert.Equal((c is 0 or 2, c is 0 or 2), (double.IsFinite(means[c]), double.IsFinite(variances[c])));
        Assert.Equal(mean.Values(reference)[2], means[2], 6);
    }

    [Fact]
    public void UpdateMomentsLeavesAloneWhatIsNotFinite()
    {
        foreach (int channels in (int[])[1, 5, 16, 130])
        {
            var shape = new BatchNormShape(17, channels, 1e-5f);
            double[] batch = Draw(channels, -1, 1), squares = Draw(channels, 0, 2);
            if (channels > 4) (batch[1], squares[3]) = (double.NaN, double.PositiveInfinity);
            Twin mean = Keep(Twin.Of("mean", batch, reference, Device)), variance = Keep(Twin.Of("variance", squares, reference, Device));
            Twin runningMean = Random("running mean", channels), runningVariance = Random("running variance", channels, 0, 2);
            foreach (Device on in Both()) on.UpdateMoments(shape, 0.1f, mean.On(on), variance.On(on), runningMean.On(on), runningVariance.On(on));
            Check($"{channels} channels", runningMean, runningVariance, mean, variance);
            Release();
        }
    }

    [Fact]
    public void BatchNormAddsAResidualAndAppliesEveryActivation()
    {
        foreach (BatchNormShape shape in BatchNorms)
        {
            int count = shape.Rows * shape.Channels;
            Twin x = Random("x", count, -3, 3), mean = Random("mean", shape.Channels), variance = Random("variance", shape.Channels, 0.1, 2);
            Twin gamma = Random("gamma", shape.Channels), beta = Random("beta", shape.Channels), residual = Random("residual", count);
            foreach (Activation activation in Activations)
            {
                Twin y = Garbage("y", count), added = Garbage("y with residual", count);
                foreach (Device on in Both())
                {
                    on.BatchNorm(shape, x.On(on), mean.On(on), variance.On(on), gamma.On(on), beta.On(on), null, y.On(on), activation);
                    on.BatchNorm(shape, x.On(on), mean.On(on), variance.On(on), gamma.On(on), beta.On(on), residual.On(on), added.On(on), activation);
                }
                Check($"{shape} {activation}", y, added, x, residual, gamma, beta);
            }
            Release();
        }
    }

    [Fact]
    public void BatchNormGradientsHandleEveryShapeAndBeta()
    {
        foreach (BatchNormShape shape in BatchNorms)
        {
            int count = shape.Rows * shape.Channels;
            Twin x = Random("x", count, -3, 3), mean = Random("mean", shape.Channels), variance = Random("variance", shape.Channels, 0.1, 2);
            Twin gamma = Random("gamma", shape.Channels), dz = Random("dz", count), slopes = Random("slopes", shape.Channels, -shape.Rows, shape.Rows), totals = Random("totals", shape.Channels, -shape.Rows, shape.Rows);
            foreach (float beta in Betas)
            {
                Twin dgamma = Output("dgamma", shape.Channels, beta), dx = Output("dx", count, beta), scaled = Output("scaled", count, beta), own = Random("in place", count);
                foreach (Device on in Both())
                {
                    on.BatchNormScaleGradient(shape, x.On(on), mean.On(on), variance.On(on), dz.On(on), dgamma.On(on), beta);
                    on.BatchNormInputGradient(shape, x.On(on), mean.On(on), variance.On(on), gamma.On(on), dz.On(on), slopes.On(on), totals.On(on), dx.On(on), beta);
                    on.BatchNormScale(shape, variance.On(on), gamma.On(on), dz.On(on), scaled.On(on), beta);
                    on.BatchNormScale(shape, variance.On(on), gamma.On(on), own.On(on), own.On(on), beta);
                }
                Check($"{shape} beta {beta}", dgamma, dx, scaled, own, x, dz, slopes, totals);
            }
            Release();
        }
    }

    [Fact]
    public void GroupNormHandlesEveryShapeBiasAndState()
    {
        int turn = 0;
        foreach (GroupNormShape shape in GroupNorms)
        {
            double center = shape.IsCentered && turn++ % 3 == 0 ? 1000 : 0.5;
            Twin x = Random("x", shape.Count, center - 1, center + 1), gamma = Random("gamma", shape.Channels), bias = Random("bias", shape.Channels);
            Twin y = Garbage("y", shape.Count), plain = Garbage("y without bias and state", shape.Count), state = Garbage("state", shape.StateCount);
            foreach (Device on in Both())
            {
                on.GroupNorm(shape, x.On(on), gamma.On(on), bias.On(on), y.On(on), state.On(on));
                on.GroupNorm(shape, x.On(on), gamma.On(on), null, plain.On(on), null);
            }
            // What is left of a mean of 1000 has lost three digits, and a deviation much smaller than ε multiplies the rest.
            if (center == 1000) CheckLoosely($"{shape} about {center}", 2e-4, y, plain);
            else Check($"{shape}", y, plain);
            Check($"{shape} about {center}", x, gamma, bias);
            CheckLoosely($"{shape} about {center}", center == 1000 ? 1e-6 : Tolerance, state);
            Release();
        }
    }

    [Fact]
    public void GroupNormGradientsHandleEveryShapeAndBeta()
    {
        foreach (GroupNormShape shape in GroupNorms)
        {
            int groups = shape.Batch * shape.Groups;
            double[] kept = [.. Draw(groups, -1, 1), .. Draw(groups, 0.5, 2)];
            if (!shape.IsCentered) kept.AsSpan(0, groups).Clear();
            Twin x = Random("x", shape.Count, -2, 2), state = Keep(Twin.Of("state", kept, reference, Device)), gamma = Random("gamma", shape.Channels), dy = Random("dy", shape.Count);
            foreach (float beta in Betas)
            {
                Twin dx = Output("dx", shape.Count, beta), dgamma = Output("dgamma", shape.Channels, beta);
                foreach (Device on in Both())
                {
                    on.GroupNormInputGradient(shape, x.On(on), state.On(on), gamma.On(on), dy.On(on), dx.On(on), beta);
                    on.GroupNormScaleGradient(shape, x.On(on), state.On(on), dy.On(on), dgamma.On(on), beta);
                }
                Check($"{shape} beta {beta}", dx, dgamma, x, state, dy);
            }
            Release();
        }
    }

    [Fact]
    public void LogSoftmaxAndItsBackwardHandleAnyRow()
    {
        (int Rows, int Columns)[] shapes = [(0, 3), (1, 1), (5, 1), (3, 2), (7, 10), (31, 17), (9, 8), (4, 1000), (2, Big(2500)), (Big(1300), 10)];
        foreach ((int rows, int columns) in shapes)
        {
            foreach (double reach in (double[])[1, 90])
            {
                Twin x = Random("x", rows * columns, -reach, reach), y = Garbage("y", rows * columns), log = Random("log", rows * columns, -5, 0), dy = Random("dy", rows * columns);
                foreach (Device on in Both()) on.LogSoftmax(rows, columns, x.On(on), y.On(on));
                Check($"log softmax {rows}×{columns} ± {reach}", y, x);
                foreach (float beta in Betas)
                {
                    Twin dx = Output("dx", rows * columns, beta);
                    foreach (Device on in Both()) on.LogSoftmaxBackward(rows, columns, log.On(on), dy.On(on), dx.On(on), beta);
                    Check($"log softmax backward {rows}×{columns} beta {beta}", dx, log, dy);
                }
                Release();
            }
        }
    }

    private static IEnumerable<BatchNormShape> BatchNormTable() =>
        from size in ((int Rows, int Channels)[])
        [
            (1, 1), (2, 1), (7, 1), (8, 1), (5, 3), (16, 3), (13, 10), (9, 16), (31, 17), (64, 8), (33, 64), (3, 129), (2, 1025), (3, 2000), (40_003, 1), (13_001, 3), (4001, 10), (2500, 16), (2353, 17),
            (625, 64), (300, 130), (60, 500), (129, 256), (4, 9000),
        ]
        select new BatchNormShape(size.Rows, size.Channels, 1e-5f);

    private static IEnumerable<GroupNormShape> GroupNormTable() =>
        from shape in (GroupNormShape[])
        [
            new(1, 1, 1, 1, 1e-5f, true), new(1, 1, 1, 7, 1e-5f, true), new(5, 1, 1, 3, 1e-5f, true), new(31, 1, 1, 64, 1e-5f, true), new(13, 1, 1, 129, 1e-5f, true), new(3, 1, 1, 5000, 1e-5f, true),
            new(700, 1, 1, 33, 1e-5f, true), new(9, 1, 3, 5, 1e-5f, true), new(2, 9, 1, 1, 1e-5f, true), new(3, 16, 4, 1, 1e-5f, true), new(2, 25, 4, 2, 1e-5f, true), new(2, 49, 2, 8, 1e-5f, true),
            new(1, 30, 3, 7, 1e-5f, true), new(2, 36, 2, 33, 1e-5f, true), new(3, 200, 1, 3, 1e-5f, true), new(2, 900, 8, 2, 1e-5f, true), new(1, 5001, 1, 5, 1e-5f, true), new(2, 12, 2, 700, 1e-5f, true),
            new(1, 4, 3, 1500, 1e-5f, true), new(4, 1, 8, 16, 1e-5f, true), new(2, 2, 1, 9, 1e-5f, true),
        ]
        from centered in (bool[])[true, false]
        select shape with { IsCentered = centered };

    private IEnumerable<BatchNormShape> BatchNormsAtRandom(int count)
    {
        for (int i = 0; i < count; i++)
        {
            int channels = 1 + random.NextInt32(random.NextInt32(3) == 0 ? 300 : 40);
            yield return new BatchNormShape(2 + random.NextInt32(random.NextInt32(4) == 0 ? Math.Max(1, 20_000 / channels) : 60), channels, 1e-3f);
        }
    }

    private IEnumerable<GroupNormShape> GroupNormsAtRandom(int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return new GroupNormShape(1 + random.NextInt32(5), 1 + random.NextInt32(40), 1 + random.NextInt32(4), 1 + random.NextInt32(random.NextInt32(3) == 0 ? 60 : 9), 1e-3f, random.NextInt32(4) != 0);
        }
    }

    private void CheckLoosely(string label, double tolerance, params ReadOnlySpan<Twin> outputs)
    {
        foreach (Twin output in outputs) output.AssertSame(label, reference, Device, tolerance);
    }
}
