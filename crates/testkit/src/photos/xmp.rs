//! XMP sidecars (ISO 16684-1), as RAW developers write them.

use std::fmt::Write as _;

/// What the sidecar says; a field left out is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XmpOptions {
    /// Stars, -1 (rejected) to 5.
    pub rating: Option<i8>,
    /// Colour label.
    pub label: Option<String>,
    /// Title, as `x-default`.
    pub title: Option<String>,
    /// Caption, as `x-default`.
    pub description: Option<String>,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Photographer.
    pub creator: Option<String>,
    /// Rights, as `x-default`.
    pub rights: Option<String>,
    /// `photoshop:DateCreated`, in ISO 8601.
    pub date: Option<String>,
}

/// An XMP packet.
pub fn xmp(options: &XmpOptions) -> Vec<u8> {
    let mut attributes = String::new();
    let mut children = String::new();
    if let Some(rating) = options.rating {
        let _ = write!(attributes, "\n    xmp:Rating=\"{rating}\"");
    }
    if let Some(label) = &options.label {
        let _ = write!(attributes, "\n    xmp:Label=\"{}\"", escape(label));
    }
    if let Some(date) = &options.date {
        let _ = write!(attributes, "\n    photoshop:DateCreated=\"{}\"", escape(date));
    }
    for (name, text) in
        [("title", &options.title), ("description", &options.description), ("rights", &options.rights)]
    {
        if let Some(text) = text {
            let text = escape(text);
            let _ = writeln!(
                children,
                "   <dc:{name}><rdf:Alt><rdf:li xml:lang=\"x-default\">{text}</rdf:li></rdf:Alt></dc:{name}>"
            );
        }
    }
    if let Some(creator) = &options.creator {
        let creator = escape(creator);
        let _ =
            writeln!(children, "   <dc:creator><rdf:Seq><rdf:li>{creator}</rdf:li></rdf:Seq></dc:creator>");
    }
    if !options.keywords.is_empty() {
        children.push_str("   <dc:subject><rdf:Bag>");
        for keyword in &options.keywords {
            let _ = write!(children, "<rdf:li>{}</rdf:li>", escape(keyword));
        }
        children.push_str("</rdf:Bag></dc:subject>\n");
    }
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n \
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n  \
         <rdf:Description rdf:about=\"\"\n    \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"\n    \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n    \
         xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\"{attributes}>\n\
         {children}  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n"
    )
    .into_bytes()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
