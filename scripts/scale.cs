#:property PublishAot=false
#:property GenerateDocumentationFile=false
#:property EnforceCodeStyleInBuild=false
// On paper: a data-parallel step of BERT-base and ResNet-50 on 8, 64 and 512 workers over common links, with and without a frozen prefix. It plays what DataParallel does: gradients become final from the output on, a full bucket is reduced by
// a ring beside the backward pass, one at a time. Writes the tables of docs/scale.md. Usage: dotnet run -c Release scripts/scale.cs
//   check SECONDS-FORWARD SECONDS-BACKWARD BYTES-A-LAYER LAYERS BYTES-A-SECOND LATENCY WORKERS BUCKET: one made-up network of equal layers, to hold against a measurement.

using System.Globalization;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const double Mega = 1 << 20;
if (args is ["check", ..] && args.Length == 9)
{
    double[] n = [.. args.Skip(1).Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
    Layer[] equal = [.. Enumerable.Range(0, (int)n[3]).Select(_ => new Layer(n[0] / n[3], n[1] / n[3] / 2, n[1] / n[3] / 2, n[2]))];
    Step step = Play(equal, 0, 1, (int)n[6], n[4], n[5], n[7]);
    Console.WriteLine($"step {1e3 * step.Seconds:0.00} ms, of which {1e3 * step.Exposed:0.00} ms wait for others; {step.Bytes / Mega:0.00} MB");
    return;
}

// What a card sustains in these networks; the tables change little with it, since forward and backward scale alike.
const double Flops = 60e12;
(string Name, double Bytes, double Latency)[] links = [("10 Gb/s Ethernet", 1.25e9, 30e-6), ("25 Gb/s Ethernet", 3.1e9, 20e-6), ("100 Gb/s InfiniBand", 12.5e9, 5e-6), ("400 Gb/s InfiniBand", 50e9, 4e-6)];
foreach ((string name, Layer[] layers, int batch) in new[] { ("BERT-base, 32 samples of 128 tokens a worker", Bert(32, 128), 32), ("ResNet-50, 64 images of 224 × 224 a worker", ResNet(64), 64) })
{
    double bytes = layers.Sum(layer => layer.Bytes), compute = layers.Sum(layer => layer.Forward + layer.Input + layer.Weight) / Flops;
    Console.WriteLine($"\n## {name}\n\n{bytes / Mega:0} MB of gradients, {1e3 * compute:0} ms of work a step.\n");
    Console.WriteLine("| link | workers | all trains, ms | waits | quarter frozen | half | three quarters | MB sent, half frozen |\n|---|---|---|---|---|---|---|---|");
    foreach ((string link, double rate, double latency) in links)
    {
        foreach (int workers in (int[])[8, 64, 512])
        {
            Step full = Play(layers, 0, Flops, workers, rate, latency, 25 * Mega);
            Step[] frozen = [.. ((double[])[0.25, 0.5, 0.75]).Select(part => Play(layers, (int)(part * layers.Length), Flops, workers, rate, latency, 25 * Mega))];
            Console.WriteLine($"| {link} | {workers} | {1e3 * full.Seconds:0} | {100 * full.Exposed / full.Seconds:0} % | {Gain(full, frozen[0])} | {Gain(full, frozen[1])} | {Gain(full, frozen[2])} | {frozen[1].Bytes / Mega:0} of {full.Bytes / Mega:0} |");
        }
    }
    Step alone = Play(layers, 0, Flops, 1, 1, 0, 25 * Mega);
    Console.WriteLine($"| none | 1 | {1e3 * alone.Seconds:0} | 0 % | {string.Join(" | ", ((double[])[0.25, 0.5, 0.75]).Select(part => Gain(alone, Play(layers, (int)(part * layers.Length), Flops, 1, 1, 0, 25 * Mega))))} | – |");
}

static string Gain(Step full, Step frozen) => $"{100 * (1 - (frozen.Seconds / full.Seconds)):0} %";

// A step with the first layers frozen. One channel: a bucket begins when it is full and the one before is through.
static Step Play(Layer[] layers, int frozen, double flops, int workers, double rate, double latency, double bucket)
{
    double clock = layers.Sum(layer => layer.Forward) / flops, channel = 0, waiting = 0, sent = 0;
    for (int i = layers.Length - 1; i >= frozen; i--)
    {
        // The first layer that trains passes nothing on.
        clock += (layers[i].Weight + (i > frozen ? layers[i].Input : 0)) / flops;
        waiting += layers[i].Bytes;
        sent += layers[i].Bytes;
        if (waiting < bucket && i > frozen) continue;
        channel = Math.Max(channel, clock) + (workers == 1 ? 0 : (2.0 * (workers - 1) / workers * waiting / rate) + (2 * (workers - 1) * latency));
        waiting = 0;
    }
    return new Step(Math.Max(clock, channel), Math.Max(0, channel - clock), workers == 1 ? 0 : sent);
}

static Layer[] Bert(int batch, int tokens)
{
    const double Width = 768, Inner = 3072;
    double rows = (double)batch * tokens;
    var layers = new List<Layer> { new(0, 0, 0, 4 * Width * (30522 + 512 + 2 + 2)) };
    for (int i = 0; i < 12; i++)
    {
        double attention = 2 * rows * Width * Width * 4, scores = 2 * 2 * rows * tokens * Width, forward = 2 * rows * Width * Inner * 2;
        layers.Add(new Layer(attention + scores, attention + (2 * scores), attention, 4 * ((4 * Width * Width) + (4 * Width) + (2 * Width))));
        layers.Add(new Layer(forward, forward, forward, 4 * ((2 * Width * Inner) + Width + Inner + (2 * Width))));
    }
    double pool = 2 * batch * Width * Width;
    layers.Add(new Layer(pool, pool, pool, 4 * ((Width * Width) + Width + (2 * Width) + 2)));
    return [.. layers];
}

static Layer[] ResNet(int batch)
{
    var layers = new List<Layer> { Convolution(batch, 112, 7, 3, 64) };
    int inputs = 64;
    foreach ((int blocks, int width, int side) in new[] { (3, 64, 56), (4, 128, 28), (6, 256, 14), (3, 512, 7) })
    {
        for (int block = 0; block < blocks; block++)
        {
            Layer[] parts = [Convolution(batch, side, 1, inputs, width), Convolution(batch, side, 3, width, width), Convolution(batch, side, 1, width, 4 * width), .. block == 0 ? [Convolution(batch, side, 1, inputs, 4 * width)] : Array.Empty<Layer>()];
            layers.Add(parts.Aggregate((sum, part) => new Layer(sum.Forward + part.Forward, sum.Input + part.Input, sum.Weight + part.Weight, sum.Bytes + part.Bytes)));
            inputs = 4 * width;
        }
    }
    double head = 2.0 * batch * 2048 * 1000;
    layers.Add(new Layer(head, head, head, 4.0 * 2049 * 1000));
    return [.. layers];
}

static Layer Convolution(int batch, int side, int kernel, int inputs, int outputs)
{
    double flops = 2.0 * batch * side * side * kernel * kernel * inputs * outputs;
    return new Layer(flops, flops, flops, 4.0 * ((kernel * kernel * inputs * outputs) + (2 * outputs)));
}

// Operations (or seconds, at a rate of one) of a layer, and its gradient's bytes.
internal sealed record Layer(double Forward, double Input, double Weight, double Bytes);

internal sealed record Step(double Seconds, double Exposed, double Bytes);
