namespace ResearchFreeze.Layers;

/// <summary>
/// Some bytes of an open file, read each time they are wanted, so that a file of weights and a model of them do not lie in memory side by side. Not mapped: of a mapped file that another process cuts short this one would die.
/// The handle is closed with the last part of it. A file that is replaced by a rename, as ours are, stays what it was.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="offset">Where the bytes begin.</param>
/// <param name="length">How many there are.</param>
internal sealed class FilePart(OpenFile file, long offset, long length) : IElementBytes
{
    /// <inheritdoc/>
    public long Length => length;

    /// <summary>Reads them all.</summary>
    /// <exception cref="FormatException">The file has become shorter since it was opened.</exception>
    public byte[] Read()
    {
        var bytes = new byte[length];
        Read(0, bytes);
        return bytes;
    }

    /// <inheritdoc/>
    /// <exception cref="FormatException">The file has become shorter since it was opened.</exception>
    public void Read(long from, Span<byte> to)
    {
        for (int read = 0; read < to.Length;)
        {
            int count = file.Read(to[read..], offset + from + read);
            if (count == 0) throw new FormatException($"'{file.Path}' has become shorter while it was read: expected bytes up to {offset + length}, found {file.Length}.");
            read += count;
        }
    }
}
