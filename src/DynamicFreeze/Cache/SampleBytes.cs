using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Moves samples between device memory and a cache's bytes, as the device has them or as float16.</summary>
internal sealed class SampleBytes(Device device, bool isHalf)
{
    private float[] singles = [];
    private double[] doubles = [];

    /// <summary>Whether values are float16.</summary>
    public bool IsHalf { get; } = isHalf;

    /// <summary>Bytes of a value.</summary>
    public int ValueBytes { get; } = isHalf ? 2 : device.RealSize;

    /// <summary>Copies values to the cache. It waits for the device: what a prefix gave is needed on the host once. False: one is too large for float16.</summary>
    public bool Write(TensorRange from, Span<byte> to)
    {
        if (!IsHalf && device.RealSize == sizeof(float)) device.Download(from, MemoryMarshal.Cast<byte, float>(to));
        else if (!IsHalf) device.Download(from, MemoryMarshal.Cast<byte, double>(to));
        else
        {
            Span<float> host = Singles(from.Length);
            Span<Half> halves = MemoryMarshal.Cast<byte, Half>(to);
            device.Download(from, host);
            for (int i = 0; i < host.Length; i++)
            {
                halves[i] = (Half)host[i];
                if (!Half.IsFinite(halves[i]) && float.IsFinite(host[i])) return false;
            }
        }
        return true;
    }

    /// <summary>Fills a batch sample by sample; what a sample has less than the longest one becomes zero.</summary>
    /// <param name="sampleOf">The bytes of a sample.</param>
    /// <param name="samples">How many there are.</param>
    /// <param name="to">Their place.</param>
    public void Read(SampleOf sampleOf, int samples, TensorRange to)
    {
        int stride = to.Length / samples;
        if (device.IsSynchronous && device.RealSize == sizeof(float))
        {
            // Straight into the batch: the host's memory is the device's.
            for (int i = 0; i < samples; i++)
            {
                ReadOnlySpan<byte> bytes = sampleOf(i);
                int count = bytes.Length / ValueBytes;
                device.Upload(Values(bytes), to.Slice(i * stride, count));
                if (count < stride) device.Fill(to.Slice((i * stride) + count, stride - count), 0);
            }
            return;
        }
        // One copy to a device that has memory of its own.
        if (device.RealSize == sizeof(float))
        {
            Span<float> host = Singles(to.Length);
            host.Clear();
            for (int i = 0; i < samples; i++)
            {
                ReadOnlySpan<byte> bytes = sampleOf(i);
                Span<float> place = host.Slice(i * stride, bytes.Length / ValueBytes);
                if (!IsHalf) MemoryMarshal.Cast<byte, float>(bytes).CopyTo(place);
                else Widen(MemoryMarshal.Cast<byte, Half>(bytes), place);
            }
            device.Upload(host, to);
            return;
        }
        if (doubles.Length < to.Length) doubles = new double[to.Length];
        Span<double> wide = doubles.AsSpan(0, to.Length);
        wide.Clear();
        for (int i = 0; i < samples; i++)
        {
            ReadOnlySpan<byte> bytes = sampleOf(i);
            Span<double> place = wide.Slice(i * stride, bytes.Length / ValueBytes);
            if (!IsHalf) MemoryMarshal.Cast<byte, double>(bytes).CopyTo(place);
            else for (int j = 0; j < place.Length; j++) place[j] = (double)MemoryMarshal.Cast<byte, Half>(bytes)[j];
        }
        device.Upload(wide, to);
    }

    /// <summary>The bytes of a sample by its place in the batch.</summary>
    public delegate ReadOnlySpan<byte> SampleOf(int sample);

    private static void Widen(ReadOnlySpan<Half> from, Span<float> to)
    {
        for (int i = 0; i < from.Length; i++) to[i] = (float)from[i];
    }

    private ReadOnlySpan<float> Values(ReadOnlySpan<byte> bytes)
    {
        if (!IsHalf) return MemoryMarshal.Cast<byte, float>(bytes);
        Span<float> host = Singles(bytes.Length / 2);
        Widen(MemoryMarshal.Cast<byte, Half>(bytes), host);
        return host;
    }

    private Span<float> Singles(int length)
    {
        if (singles.Length < length) singles = new float[length];
        return singles.AsSpan(0, length);
    }
}
